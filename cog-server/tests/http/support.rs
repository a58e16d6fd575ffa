//! A predictor that does what a request says, a server for it, and a client that sends exactly what it is told.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cog_core::{
    Defunct, Engine, EngineConfig, Input, Path, Predictor, Result, Scope, Secret, Setup, anyhow,
    current_scope,
};
use cog_server::{Roles, ServerConfig, StopCause};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

#[derive(Input)]
pub(crate) struct Order {
    /// What to do.
    #[input(default = "echo")]
    act: String,
    #[input(default = "x", max_length = 5)]
    text: String,
    #[input(default = 1, ge = 1, le = 10)]
    count: u8,
    tags: Option<Vec<String>>,
    #[input(min_length = 50)]
    key: Option<Secret>,
    image: Option<Path>,
}

/// What the test sees of the predictor.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) begun: Notify,
    pub(crate) ended: Notify,
    pub(crate) gate: Notify,
    pub(crate) running: AtomicUsize,
}

struct Inside(Arc<Stage>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.notify_one();
    }
}

pub(crate) struct Actor(Arc<Stage>);

impl Predictor for Actor {
    type Input = Order;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        match setup.weights() {
            Some(weights) if weights.to_string() == "fail" => Err(anyhow::anyhow!("no weights")),
            Some(weights) if weights.to_string() == "hang" => {
                current_scope().log("loading");
                std::future::pending().await
            }
            Some(weights) => Ok(Self(take_stage(&weights.to_string()))),
            None => Ok(Self(Arc::default())),
        }
    }

    async fn predict(&self, order: Order, scope: Scope) -> Result<String> {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        let inside = Inside(Arc::clone(&self.0));
        if order.act != "flood_and_wait" {
            self.0.begun.notify_one();
        }
        let _ = (&order.tags, &order.key, &inside);
        match &*order.act {
            "echo" => Ok(order.text.repeat(order.count.into())),
            "wait" => {
                self.0.gate.notified().await;
                Ok("waited".to_owned())
            }
            "block" => {
                while scope.check().is_ok() {
                    std::thread::yield_now();
                }
                Ok("blocked".to_owned())
            }
            "fail" => {
                scope.log("before the failure");
                scope.record_metric("tokens", 3)?;
                Err(anyhow::anyhow!("cause").context("reason"))
            }
            "panic" => panic!("boom"),
            "lose_device" => Err(Defunct::new(anyhow::anyhow!("lost device 7")).into()),
            "tell" | "tell_and_wait" => {
                scope.log("line");
                scope.increment_metric("a.b", 1)?;
                scope.progress_with(0.5, "half");
                if order.act != "tell" {
                    self.0.gate.notified().await;
                }
                Ok("told".to_owned())
            }
            "flood_and_wait" => {
                for line in 0..2000 {
                    scope.log(line);
                }
                self.0.begun.notify_one();
                self.0.gate.notified().await;
                Ok("flooded".to_owned())
            }
            "read" => Ok(std::fs::read_to_string(order.image.as_deref().unwrap())?),
            other => Err(anyhow::anyhow!("unknown act {other}")),
        }
    }
}

static STAGES: std::sync::Mutex<Vec<(String, Arc<Stage>)>> = std::sync::Mutex::new(Vec::new());

fn take_stage(name: &str) -> Arc<Stage> {
    let stages = STAGES.lock().unwrap();
    Arc::clone(&stages.iter().find(|(stage, _)| stage == name).unwrap().1)
}

/// A server on a port of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stage: Arc<Stage>,
    pub(crate) engine: Engine,
    pub(crate) task: JoinHandle<std::io::Result<StopCause>>,
    /// Where predictions have their directories.
    pub(crate) directory: tempfile::TempDir,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) async fn start(slots: usize) -> Self {
        let server = Self::start_with(slots, None).await;
        server.engine.ready().await.unwrap();
        server
    }

    /// Starts a server whose setup is given `weights`.
    pub(crate) async fn start_with(slots: usize, weights: Option<&str>) -> Self {
        let config = ServerConfig { shutdown_grace: Duration::from_secs(30), ..ServerConfig::default() };
        Self::launch(slots, weights, config).await
    }

    /// Starts a server that is configured in a way of its own, and waits until it is ready.
    pub(crate) async fn start_configured(slots: usize, weights: Option<&str>, config: ServerConfig) -> Self {
        let server = Self::launch(slots, weights, config).await;
        server.engine.ready().await.unwrap();
        server
    }

    /// Starts a server and waits for nothing.
    pub(crate) async fn launch(slots: usize, weights: Option<&str>, config: ServerConfig) -> Self {
        Self::launch_engines(slots, weights, config, |config| {
            let engine = Engine::start::<Actor>(config).unwrap();
            (engine.clone(), engine.into())
        })
        .await
    }

    /// Starts a server for the engines that `start` makes; the first of what it returns becomes the server's `engine`.
    pub(crate) async fn launch_engines(
        slots: usize,
        weights: Option<&str>,
        config: ServerConfig,
        start: impl FnOnce(EngineConfig) -> (Engine, Roles<Engine>),
    ) -> Self {
        let stage = Arc::new(Stage::default());
        let name = format!("stage-{:p}", Arc::as_ptr(&stage));
        STAGES.lock().unwrap().push((name.clone(), Arc::clone(&stage)));
        let weights = Some(weights.unwrap_or(&name).parse().unwrap());
        let directory = tempfile::tempdir().unwrap();
        let temp_directory = Some(directory.path().to_owned());
        let slots = NonZeroUsize::new(slots);
        let engine = EngineConfig { slots, weights, temp_directory, ..EngineConfig::default() };
        let (engine, engines) = start(engine);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(cog_server::serve(listener, engines, config));
        Self { address, stage, engine, task, directory }
    }

    /// Sends a request and reads the reply.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut connection = Connection::open(self.address).await;
        connection.send(method, path, headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "").await
    }

    /// Posts a prediction request, as JSON.
    pub(crate) async fn predict(&self, body: &Value) -> Reply {
        self.send("POST", "/predictions", &[("content-type", "application/json")], &body.to_string()).await
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).await.unwrap();
    }

    /// Writes to a server that need not listen any more.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Reply {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        request += body;
        self.write(request.as_bytes()).await;
        self.reply(method == "HEAD").await
    }

    /// Posts a JSON body and does not wait for the reply.
    pub(crate) async fn post(&mut self, path: &str, body: &str) {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
        self.write((head + body).as_bytes()).await;
    }

    /// Reads up to and with `end`; `None` if the connection ends before.
    pub(crate) async fn until(&mut self, end: &str) -> Option<String> {
        loop {
            if let Some(place) = self.read.windows(end.len()).position(|bytes| bytes == end.as_bytes()) {
                let text = self.read.drain(..place + end.len()).collect();
                return Some(String::from_utf8(text).unwrap());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// Reads one reply that has a content length.
    pub(crate) async fn reply(&mut self, is_head: bool) -> Reply {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill().await, "the connection ended before the reply did");
        };
        let head = String::from_utf8(self.read.drain(..end + 4).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply { status, headers, body: String::new() };
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        if !is_head {
            while self.read.len() < length {
                assert!(self.fill().await, "the connection ended before the body did");
            }
            reply.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        }
        reply
    }

    pub(crate) const fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads more; `false` at the end of the connection.
    pub(crate) async fn fill(&mut self) -> bool {
        self.stream.read_buf(&mut self.read).await.is_ok_and(|count| count > 0)
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        self.body.parse().unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Fails the test if `future` does not end; no test should ever get here.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("took longer than a minute")
}
