//! Section 9: files.

mod inputs;
mod names;
mod outputs;
mod targets;
mod uploads;

use serde_json::{Value, json};

use crate::support::{Receiver, Server};

/// A server that may fetch from this machine.
fn fetching() -> Server {
    Server::launch("value").env("COG_ALLOW_PRIVATE_URLS", "true").ready()
}

/// The input of a prediction that outputs what its files are.
fn reading(urls: &[String]) -> Value {
    json!({ "steps": ["read"], "files": urls })
}

/// The error of a prediction with this file, which fails and leaves nothing behind.
#[track_caller]
fn fault(server: &Server, url: &str) -> String {
    let reply = server.predict(&json!({ "steps": ["read"], "file": url }));
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("failed")), "{}", reply.text());
    assert_eq!(server.left(), [""; 0], "{url}");
    reply.json()["error"].as_str().unwrap().to_owned()
}

/// A server of this model that uploads to the receiver's `/up`.
fn uploading(model: &str, receiver: &Receiver) -> Server {
    Server::launch(model).arg("--upload-url").arg(&receiver.url("/up")).ready()
}

/// A step that outputs a file.
fn file(name: &str, text: &str) -> Value {
    json!({ "file": { "name": name, "text": text } })
}
