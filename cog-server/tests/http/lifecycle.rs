//! The end of a server.

use serde_json::json;
use tokio::net::TcpStream;

use crate::support::{Connection, Server, soon};

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_finishes_what_is_running_and_refuses_the_rest() {
    let server = Server::start(1).await;
    let mut idle = Connection::open(server.address).await;
    assert_eq!(idle.send("GET", "/", &[], "").await.status, 200);
    let mut waiting = Connection::open(server.address).await;
    let body = r#"{"input":{"act":"wait"}}"#;
    let request =
        format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    waiting.write(request.as_bytes()).await;
    soon(server.stage.begun.notified()).await;

    let reply = server.send("POST", "/shutdown", &[], "").await;
    assert_eq!((reply.status, reply.json()), (200, json!({})));
    soon(async { while idle.fill().await {} }).await;
    soon(async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.stage.gate.notify_one();
    assert_eq!(soon(waiting.reply(false)).await.json()["output"], "waited");
    soon(server.task).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_does_not_wait_for_a_setup_that_hangs() {
    let server = Server::start_with(1, Some("hang")).await;
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();
}
