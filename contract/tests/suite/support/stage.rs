//! Where a test and the model meet.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};

use serde_json::{Value, json};

use super::LIMIT;

/// A place of this test. The model comes here when a step tells it to: [`Stage::meet`] and the like are such steps.
pub(crate) struct Stage {
    address: SocketAddr,
    visits: Receiver<Visit>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, visits) = mpsc::channel();
        // Ends with the test's process; it only waits.
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                stream.set_read_timeout(Some(LIMIT)).unwrap();
                if sender.send(Visit(BufReader::new(stream))).is_err() {
                    return;
                }
            }
        });
        Self { address, visits }
    }

    /// A step: come here, do what is said, and go on when the test leaves. Awaits, so a cancel ends it.
    pub(crate) fn meet(&self) -> Value {
        json!({ "meet": self.address })
    }

    /// A step: come here and compute until the test leaves, or until canceled.
    pub(crate) fn block(&self) -> Value {
        json!({ "block": self.address })
    }

    /// A step: come here and compute until the test leaves, even when canceled.
    pub(crate) fn ignore(&self) -> Value {
        json!({ "ignore": self.address })
    }

    /// A step: come here at the end, in whatever way it comes, and finish when the test leaves.
    pub(crate) fn clean_up(&self) -> Value {
        json!({ "clean_up": self.address })
    }

    /// Waits until the model is here.
    #[track_caller]
    pub(crate) fn visit(&self) -> Visit {
        self.visits.recv_timeout(LIMIT).expect("the model to come")
    }

    /// Tells whether the model has come and nobody has asked.
    pub(crate) fn is_visited(&self) -> bool {
        self.visits.try_recv().is_ok()
    }
}

/// The model, waiting for this test. It goes on when this is dropped.
pub(crate) struct Visit(BufReader<TcpStream>);

impl Visit {
    /// Tells the model to do a step, and waits until it has. Only at a [`Stage::meet`].
    #[track_caller]
    pub(crate) fn tell(&mut self, step: &Value) {
        self.0.get_mut().write_all(format!("{step}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        self.0.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "{step}");
    }

    /// Tells the model to do a step that it does not come back from.
    #[track_caller]
    pub(crate) fn tell_last(mut self, step: &Value) {
        self.0.get_mut().write_all(format!("{step}\n").as_bytes()).unwrap();
        self.until_gone();
    }

    /// Waits until the model has left by itself: it was canceled, has failed, or is no more.
    #[track_caller]
    pub(crate) fn until_gone(mut self) {
        match self.0.read(&mut [0]) {
            Ok(0) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            other => panic!("the model is still here: {other:?}"),
        }
    }

    /// Lets the model go on.
    pub(crate) fn leave(self) {}
}
