//! Many streams of events that are open at the same time.
//!
//! One thread reads whatever arrives and looks at none of it but the first, so that what a stream costs is what it costs the server.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// How long all of them may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the thread looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(50);

/// Streams that are open until this value is dropped.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    reader: Option<JoinHandle<anyhow::Result<()>>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    /// How many streams have begun.
    begun: AtomicUsize,
}

impl Crowd {
    /// Sends the server at `address` this request on `count` connections, and returns when each has got something.
    pub(crate) fn open(address: SocketAddr, request: &[u8], count: usize) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let mut streams = Vec::with_capacity(count);
        for number in 0..count {
            let mut stream = std::net::TcpStream::connect(address).context("cannot open so many streams")?;
            stream.write_all(request)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
            streams.push(stream);
        }
        let shared = Arc::new(Shared::default());
        let reader = thread::spawn({
            let shared = Arc::clone(&shared);
            move || read(poll, streams, &shared)
        });
        let mut crowd = Self { shared, reader: Some(reader) };
        let waiting = Instant::now();
        while crowd.shared.begun.load(Ordering::Acquire) < count {
            crowd.check()?;
            ensure!(waiting.elapsed() < PATIENCE, "not all of {count} streams have begun");
            thread::sleep(Duration::from_millis(1));
        }
        Ok(crowd)
    }

    /// Tells whether all streams are still open.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.reader.take_if(|reader| reader.is_finished()) {
            Some(reader) => reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))?,
            None => Ok(()),
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            // Whether they were all open has been asked for where it matters.
            let _ = reader.join();
        }
    }
}

/// Reads from all streams until it is told to end, or one of them ends.
fn read(mut poll: Poll, mut streams: Vec<TcpStream>, shared: &Shared) -> anyhow::Result<()> {
    let mut has_begun = vec![false; streams.len()];
    let mut events = Events::with_capacity(streams.len());
    let mut buffer = vec![0; 64 << 10];
    while !shared.is_over.load(Ordering::Acquire) {
        poll.poll(&mut events, Some(GLANCE))?;
        for event in &events {
            let Token(number) = event.token();
            let stream = streams.get_mut(number).context("an event of no stream")?;
            loop {
                match stream.read(&mut buffer) {
                    Ok(0) => bail!("the server has ended a stream"),
                    Ok(length) => {
                        let begun = has_begun.get_mut(number).context("an event of no stream")?;
                        if !std::mem::replace(begun, true) {
                            let reply = buffer.get(..length).unwrap_or_default();
                            let line = reply.split(|byte| *byte == b'\r').next().unwrap_or_default();
                            let line = String::from_utf8_lossy(line);
                            ensure!(line == "HTTP/1.1 200 OK", "a stream was refused: {line}");
                            shared.begun.fetch_add(1, Ordering::Release);
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(())
}
