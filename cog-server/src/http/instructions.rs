//! What requests cost us, for `cargo xtask ci instructions` to count.
//!
//! Each test does one thing again and again, as often as `COG_SERVER_ROUNDS` says: once in a run of all tests, where it shows that what is
//! counted works. Whoever counts does it with two numbers of rounds, and the difference is what the rounds have cost. So anything may be
//! done before and after them, and nothing in them but the thing itself and a glance at what came of it.
//!
//! They are here, and not in a crate of benchmarks, because most of these things are private to `http` and are to stay so. A socket would
//! blur them: how often one is read from is the kernel's decision.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;
use cog_core::{
    Choices, Engine, EngineConfig, FieldPath, Input, InputValue, OutputStream, Predictor, Request, Result,
    Scope, Setup, Status, json,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::request::PredictionRequest;
use super::{body, router, sse};
use crate::role::Roles;
use crate::webhook::{Delivery, Webhooks};
use crate::wire;

/// What a model that draws pictures takes.
#[derive(Input)]
struct Picture {
    #[input(min_length = 1, max_length = 500)]
    prompt: String,
    #[input(default = "")]
    negative_prompt: String,
    #[input(default = 512, ge = 64, le = 2048)]
    width: u32,
    #[input(default = 7.5, ge = 0, le = 20)]
    guidance: f64,
    #[input(default = Sampler::Euler)]
    sampler: Sampler,
    seed: Option<u64>,
    #[input(default = [], max_length = 20)]
    styles: Vec<String>,
    #[input(default = false)]
    is_tiled: bool,
}

#[derive(Choices, Debug, PartialEq)]
enum Sampler {
    Ddim,
    Euler,
    Heun,
}

const PICTURE: &str = r#"{"input": {
    "prompt": "a lighthouse on a cliff in the evening, seen from the sea, oil on canvas",
    "width": 768, "guidance": 6.25, "sampler": "heun", "seed": 20240229, "styles": ["dutch", "warm", "wide"], "is_tiled": true
}}"#;

#[tokio::test]
async fn a_typical_input() {
    let schema = Picture::schema();
    for _ in rounds() {
        let (head, body) = post(PICTURE).into_parts();
        let request = body::read::<PredictionRequest>(&head.headers, body).await.unwrap();
        let mut request = Request::try_from(request).unwrap();
        schema.check(&request.input).unwrap();
        let picture = Picture::decode(&mut request.input, &FieldPath::Root).unwrap();
        let Picture { prompt, negative_prompt, width, guidance, sampler, seed, styles, is_tiled } = picture;
        assert_eq!((prompt.len(), negative_prompt.len(), width, guidance), (72, 0, 768, 6.25));
        assert_eq!((sampler, seed, styles.len(), is_tiled), (Sampler::Heun, Some(20_240_229), 3, true));
    }
}

#[tokio::test]
async fn a_prediction() {
    let engine = start::<HelloWorld>().await;
    for _ in rounds() {
        let prediction = engine.submit(Request::new(json!({ "text": "world" }))).unwrap();
        assert_eq!(prediction.completed().await.status(), Status::Succeeded);
    }
}

#[tokio::test]
async fn a_hundred_events() {
    let engine = start::<Storyteller>().await;
    let story = engine.submit(Request::new(json!({ "words": 96 }))).unwrap();
    story.wait().await;
    let told = content(sse::from_the_start(&story).unwrap()).await;
    let text = std::str::from_utf8(&told).unwrap();
    assert_eq!(text.matches("event: output\n").count(), 96);
    // And those of the start, the log, the metric and the end.
    assert_eq!(text.matches("event: ").count(), 100);
    for _ in rounds() {
        assert_eq!(content(sse::from_the_start(&story).unwrap()).await.len(), told.len());
    }
}

#[tokio::test]
async fn a_webhook() {
    let engine = start::<Storyteller>().await;
    let story = engine.submit(Request::new(json!({ "words": 20 }))).unwrap().completed().await;
    let told: serde_json::Value = serde_json::from_slice(&wire::prediction(&story)).unwrap();
    assert_eq!(told["output"].as_array().map(Vec::len), Some(20));
    assert_eq!((&told["logs"], &told["metrics"]["words"]), (&json!("20 words\n"), &json!(20)));
    let length = wire::prediction(&story).len();
    for _ in rounds() {
        assert_eq!(wire::prediction(&story).len(), length);
    }
}

#[tokio::test]
async fn a_request() {
    let engine = start::<HelloWorld>().await;
    let webhooks = Arc::new(Webhooks::new(Delivery::new(None, None), Duration::ZERO));
    let router = router(Roles::Predictor(engine), CancellationToken::new(), &webhooks);
    for _ in rounds() {
        let response = router.clone().oneshot(post(r#"{"input": {"text": "world"}}"#)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert!(content(response).await.len() > 200);
    }
}

struct HelloWorld;

#[derive(Input)]
struct Greeting {
    text: String,
}

impl Predictor for HelloWorld {
    type Input = Greeting;
    type Output = String;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Greeting, _: Scope) -> Result<String> {
        Ok(format!("hello {}", input.text))
    }
}

struct Storyteller;

#[derive(Input)]
struct Length {
    words: u32,
}

impl Predictor for Storyteller {
    type Input = Length;
    type Output = OutputStream<'static, String>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Length, scope: Scope) -> Result<OutputStream<'_, String>> {
        scope.log(format_args!("{} words", input.words));
        scope.record_metric("words", input.words)?;
        Ok(OutputStream::from_iter((0..input.words).map(|word| format!(" word{word}"))))
    }
}

/// As many as are asked for, or one.
fn rounds() -> std::ops::Range<u32> {
    let count = std::env::var("COG_SERVER_ROUNDS").map_or(1, |count| count.parse().unwrap());
    0..count
}

async fn start<P: Predictor>() -> Engine {
    let engine = Engine::start::<P>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    engine
}

fn post(body: &'static str) -> axum::extract::Request {
    axum::extract::Request::post("/predictions")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body))
        .unwrap()
}

async fn content(response: Response) -> Bytes {
    to_bytes(response.into_body(), usize::MAX).await.unwrap()
}
