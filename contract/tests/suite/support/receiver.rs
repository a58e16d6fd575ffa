//! A server of the test's own: it receives webhooks and uploads, and has files to fetch.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;

use serde_json::Value;

use super::{Connection, LIMIT};

/// Answers each request as it is told and hands the requests to the test, in the order in which their bodies were complete.
pub(crate) struct Receiver {
    address: SocketAddr,
    requests: mpsc::Receiver<Received>,
}

/// A request that was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query, as they were sent.
    pub(crate) path: String,
    /// Names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How much of the body is announced and not sent.
    missing: usize,
    is_silent: bool,
}

impl Receiver {
    /// Answers 200 to everything.
    pub(crate) fn new() -> Self {
        Self::answering(|_| Answer::status(200))
    }

    /// Gives these answers, one after the other, and the last of them for ever.
    pub(crate) fn scripted(answers: impl Into<Vec<Answer>>) -> Self {
        let mut answers = answers.into();
        answers.reverse();
        let answers = std::sync::Mutex::new(answers);
        Self::answering(move |_| {
            let mut answers = answers.lock().unwrap();
            let last = if answers.len() > 1 { answers.pop() } else { answers.last().cloned() };
            last.unwrap_or_else(|| Answer::status(200))
        })
    }

    /// Answers what `answer` says, which is asked once the whole request is there and may wait for the test.
    pub(crate) fn answering(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = mpsc::channel();
        let answer = Arc::new(answer);
        // These threads end with the test's process; they only wait.
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (sender, answer) = (sender.clone(), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &sender, &*answer));
            }
        });
        Self { address, requests }
    }

    /// The URL of a path, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the next request.
    #[track_caller]
    pub(crate) fn next(&self) -> Received {
        self.requests.recv_timeout(LIMIT).expect("a request")
    }

    /// Those that have arrived and were not asked for.
    pub(crate) fn rest(&self) -> Vec<Received> {
        self.requests.try_iter().collect()
    }
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Answer {
    /// An empty body.
    pub(crate) const fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), missing: 0, is_silent: false }
    }

    /// 200 with this body.
    pub(crate) fn body(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }
    }

    /// The connection ends with no answer.
    pub(crate) fn silence() -> Self {
        Self { is_silent: true, ..Self::status(0) }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Announces so many bytes more than it sends, and ends the connection.
    pub(crate) const fn cut_short(mut self, missing: usize) -> Self {
        self.missing = missing;
        self
    }
}

/// Answers the requests of one connection until either side has enough of it.
fn serve(stream: TcpStream, requests: &mpsc::Sender<Received>, answer: &dyn Fn(&Received) -> Answer) {
    let mut connection = Connection::of(stream);
    while let Some(request) = connection.received() {
        // A test that has ended asks for nothing more.
        let _ = requests.send(request.clone());
        let answer = answer(&request);
        if answer.is_silent {
            return;
        }
        let length = answer.body.len() + answer.missing;
        let mut bytes =
            format!("HTTP/1.1 {} Said\r\ncontent-length: {length}\r\n", answer.status).into_bytes();
        for (name, value) in &answer.headers {
            bytes.extend(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend(b"\r\n");
        if request.method != "HEAD" {
            bytes.extend(&answer.body);
        }
        if connection.stream().write_all(&bytes).is_err() || answer.missing > 0 {
            let _ = connection.stream().shutdown(Shutdown::Both);
            return;
        }
    }
}
