//! The server on the other side: it hands out a file and takes any, as fast as it goes or more slowly.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How much is sent at a time.
const PART: usize = 1 << 20;

/// What is asked of it, as far as it matters.
#[derive(Default)]
struct Request {
    is_put: bool,
    /// The first byte that is wanted, and the last.
    range: Option<(usize, usize)>,
    length: u64,
}

/// Starts a server that ends with the process, and returns the URL below which everything is its file.
///
/// The file has `size` bytes, of which a connection gets `limit` in a second at most.
pub(crate) fn serve(size: usize, limit: Option<usize>) -> anyhow::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever has all that it wants closes the connection, which is an error here.
            thread::spawn(move || answer(&stream, size, limit));
        }
    });
    Ok(url)
}

/// Answers all requests of a connection.
fn answer(mut stream: &TcpStream, size: usize, limit: Option<usize>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    while let Some(request) = read(&mut reader)? {
        if request.is_put {
            io::copy(&mut (&mut reader).take(request.length), &mut io::sink())?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
        } else {
            send(stream, request.range, size, limit)?;
        }
    }
    Ok(())
}

/// Reads the head of a request; `None` if there is none any more.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut request = Request::default();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            return Ok(Some(request));
        }
        request.is_put |= line.starts_with("PUT ");
        let line = line.trim_end().to_ascii_lowercase();
        if let Some((first, last)) =
            line.strip_prefix("range: bytes=").and_then(|range| range.split_once('-'))
        {
            request.range = first.parse().ok().zip(last.parse().ok());
        }
        if let Some(length) = line.strip_prefix("content-length: ") {
            request.length = length.parse().unwrap_or_default();
        }
    }
}

fn send(
    mut stream: &TcpStream,
    range: Option<(usize, usize)>,
    size: usize,
    limit: Option<usize>,
) -> io::Result<()> {
    let content = vec![7; PART];
    let (first, last) = range.unwrap_or((0, size - 1));
    let last = last.min(size - 1);
    let length = last + 1 - first;
    let (status, part) = match range {
        Some(_) => ("206 Partial Content", format!("content-range: bytes {first}-{last}/{size}\r\n")),
        None => ("200 OK", String::new()),
    };
    write!(stream, "HTTP/1.1 {status}\r\n{part}content-length: {length}\r\netag: \"a\"\r\n\r\n")?;
    let begun = Instant::now();
    let mut sent = 0;
    while sent < length {
        let next = content.get(..PART.min(length - sent)).unwrap_or_default();
        stream.write_all(next)?;
        sent += next.len();
        if let Some(limit) = limit {
            thread::sleep(
                Duration::from_secs_f64(sent as f64 / limit as f64).saturating_sub(begun.elapsed()),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_of_a_request_is_read() {
        let mut sent =
            &b"GET /a HTTP/1.1\r\nRange: bytes=2-5\r\n\r\nPUT /b HTTP/1.1\r\nContent-Length: 3\r\n\r\n"[..];
        let get = read(&mut sent).unwrap().unwrap();
        assert_eq!((get.is_put, get.range, get.length), (false, Some((2, 5)), 0));
        let put = read(&mut sent).unwrap().unwrap();
        assert_eq!((put.is_put, put.range, put.length), (true, None, 3));
        assert!(read(&mut sent).unwrap().is_none());
    }
}
