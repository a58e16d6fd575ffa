//! The end of a server.

use cog_server::{ServerConfig, StopCause};
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
    assert_eq!(soon(server.task).await.unwrap().unwrap(), StopCause::Request);
}

/// The file is there while the server is ready, and in no other phase; where it cannot be made, the server does without.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_tells_that_the_server_is_ready() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run/cog/ready");
    let config = || ServerConfig { ready_file: Some(file.clone()), ..ServerConfig::default() };
    let until = async |is_there: bool| {
        soon(async {
            while file.exists() != is_there {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };

    let server = Server::start_configured(1, None, config()).await;
    until(true).await;
    server.predict(&json!({ "input": { "act": "lose_device" } })).await;
    until(false).await;

    let server = Server::start_configured(1, None, config()).await;
    until(true).await;
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();
    assert!(!file.exists());

    std::fs::write(&file, "left behind").unwrap();
    let server = Server::launch(1, Some("hang"), config()).await;
    until(false).await;
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();

    let under_a_file = Some(directory.path().join("file/ready"));
    std::fs::write(directory.path().join("file"), "").unwrap();
    let config = ServerConfig { ready_file: under_a_file, ..ServerConfig::default() };
    let server = Server::start_configured(1, None, config).await;
    assert_eq!(server.predict(&json!({})).await.json()["output"], "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_does_not_wait_for_a_setup_that_hangs() {
    let server = Server::start_with(1, Some("hang")).await;
    server.send("POST", "/shutdown", &[], "").await;
    soon(server.task).await.unwrap().unwrap();
}
