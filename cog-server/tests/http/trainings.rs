//! `/trainings`, of servers that only train and of those that make predictions as well.

use std::time::Duration;

use cog_core::{
    Engine, EngineConfig, Input, Output, Path, Result, Scope, Setup, Trainer, Training, anyhow, current_scope,
};
use cog_server::{Roles, ServerConfig};
use serde_json::{Value, json};

use crate::support::{Actor, Connection, Server, soon};
use crate::webhooks::Receiver;

const JSON: (&str, &str) = ("content-type", "application/json");
const ASYNC: (&str, &str) = ("prefer", "respond-async");
const EVENTS: (&str, &str) = ("accept", "text/event-stream");

/// The training of which Cog's document is `document/training_only.json`.
#[derive(Input)]
pub(crate) struct Lessons {
    /// steps
    #[input(ge = 1)]
    n: usize,
    #[input(default = 1e-4, ge = 0)]
    lr: f64,
}

#[derive(Output)]
pub(crate) struct Trained {
    weights: Path,
}

/// Trains, or waits to be canceled if it is to take a thousand steps. Its setup does what the weights say.
pub(crate) struct School {
    is_sick: bool,
}

impl Trainer for School {
    type Input = Lessons;
    type Output = Trained;

    async fn setup(setup: &Setup) -> Result<Self> {
        current_scope().log("opening the school");
        let weights = setup.weights().map(ToString::to_string);
        match weights.as_deref() {
            Some("hang") => std::future::pending().await,
            Some("fail") => Err(anyhow::anyhow!("no teachers")),
            weights => Ok(Self { is_sick: weights == Some("sick") }),
        }
    }

    async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
        scope.log(format!("training {} {}", lessons.n, lessons.lr));
        if let Some(subject) = scope.context("subject") {
            scope.log(subject);
        }
        if lessons.n == 1000 {
            std::future::pending::<()>().await;
        }
        Ok(Trained { weights: Path::from_bytes("w.bin", "w".repeat(lessons.n)) })
    }

    async fn healthcheck(&self) -> Result<()> {
        if self.is_sick { Err(anyhow::anyhow!("sick")) } else { Ok(()) }
    }
}

fn school(weights: &str, config: EngineConfig) -> Engine {
    let weights = Some(weights.parse().unwrap());
    Engine::start::<Training<School>>(EngineConfig { weights, ..config }).unwrap()
}

/// Starts a server that only trains, on one slot, and waits until it is ready.
pub(crate) async fn trainer() -> Server {
    let server = trainer_with("fine").await;
    soon(server.engine.ready()).await.unwrap();
    server
}

async fn trainer_with(weights: &str) -> Server {
    let config = ServerConfig::default();
    Server::launch_engines(1, None, config, |config| {
        let engine = school(weights, config);
        (engine.clone(), Roles::Trainer(engine))
    })
    .await
}

/// Starts a server that makes predictions and trains, on one slot for each. Its `engine` is the one that trains.
async fn both(predictor: Option<&str>, trainer: &str, config: ServerConfig) -> Server {
    Server::launch_engines(1, predictor, config, |config| {
        let predictor = Engine::start::<Actor>(config.clone()).unwrap();
        let trainer = school(trainer, config);
        (trainer.clone(), Roles::Both { predictor, trainer })
    })
    .await
}

/// Starts such a server and waits until it is ready.
pub(crate) async fn ready() -> Server {
    let server = both(None, "fine", ServerConfig::default()).await;
    soon(settled(&server)).await;
    server
}

/// Waits until no setup is running any more.
async fn settled(server: &Server) {
    while server.get("/health-check").await.json()["status"] == "STARTING" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_serves_trainings_and_no_predictions() {
    let server = trainer().await;
    let reply = server.send("POST", "/trainings", &[JSON], r#"{"id":"t1","input":{"n":3}}"#).await;
    let training = reply.json();
    assert_eq!((reply.status, &training["status"]), (200, &json!("succeeded")), "{}", reply.body);
    assert_eq!(training["output"], json!({ "weights": "data:application/octet-stream;base64,d3d3" }));
    assert_eq!((&training["id"], &training["logs"]), (&json!("t1"), &json!("training 3 0.0001\n")));
    assert_eq!(server.get("/trainings/t1").await.json()["output"], training["output"]);
    for (method, path) in [
        ("POST", "/predictions"),
        ("PUT", "/predictions/t1"),
        ("GET", "/predictions/t1"),
        ("POST", "/predictions/t1/cancel"),
    ] {
        let reply = server.send(method, path, &[JSON], "{}").await;
        let expected = json!({ "error": format!("there is nothing at `{path}`") });
        assert_eq!((reply.status, reply.json()), (404, expected), "{method} {path}");
    }
    assert_eq!(urls(&server).await, ["trainings_cancel_url", "trainings_idempotent_url", "trainings_url"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_predictor_alone_has_no_trainings() {
    let server = Server::start(1).await;
    for (method, path) in [
        ("POST", "/trainings"),
        ("PUT", "/trainings/t1"),
        ("GET", "/trainings/t1"),
        ("POST", "/trainings/t1/cancel"),
    ] {
        let reply = server.send(method, path, &[JSON], r#"{"input":{"n":1}}"#).await;
        let expected = json!({ "error": format!("there is nothing at `{path}`") });
        assert_eq!((reply.status, reply.json()), (404, expected), "{method} {path}");
    }
}

/// The names in the index that belong to one role or the other, in the order in which they are written.
async fn urls(server: &Server) -> Vec<String> {
    let index = server.get("/").await;
    let names = index.body.split('"').filter(|text| text.ends_with("_url"));
    names.filter(|name| name.contains("ings_") || name.contains("ions_")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_lists_both_as_cog_does() {
    let server = ready().await;
    assert_eq!(
        urls(&server).await,
        [
            "predictions_cancel_url",
            "predictions_idempotent_url",
            "predictions_url",
            "trainings_cancel_url",
            "trainings_idempotent_url",
            "trainings_url",
        ]
    );
    let index = server.get("/").await.json();
    assert_eq!(index["trainings_url"], "/trainings");
    assert_eq!(index["trainings_idempotent_url"], "/trainings/{training_id}");
    assert_eq!(index["trainings_cancel_url"], "/trainings/{training_id}/cancel");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_speak_of_trainings() {
    let server = ready().await;
    let long = format!("/trainings/{}", "x".repeat(256));
    server.send("PUT", "/trainings/taken", &[JSON, ASYNC], r#"{"input":{"n":1000}}"#).await;
    for (method, path, body, status, expected) in [
        (
            "PUT",
            "/trainings/t1",
            r#"{"id":"t2","input":{"n":1}}"#,
            422,
            json!({ "detail": [{
                "loc": ["body", "id"],
                "msg": "training ID must match the ID supplied in the URL",
                "type": "value_error",
            }] }),
        ),
        (
            "POST",
            "/trainings",
            r#"{"input":{"n":0,"lr":"fast"}}"#,
            422,
            json!({ "detail": [
                { "loc": ["body", "input", "lr"], "msg": "\"fast\" is not of type \"number\"", "type": "value_error" },
                { "loc": ["body", "input", "n"], "msg": "0 is less than the minimum of 1", "type": "value_error" },
            ] }),
        ),
        (
            "POST",
            "/trainings",
            r#"{"id":"taken","input":{"n":1}}"#,
            409,
            json!({ "error": "a training with ID `taken` is already running", "status": "failed" }),
        ),
        (
            "POST",
            "/trainings",
            r#"{"input":{"n":1}}"#,
            409,
            json!({ "error": "At capacity - all prediction slots busy", "status": "failed" }),
        ),
        (
            "GET",
            "/trainings/never",
            "",
            404,
            json!({ "error": "there is no training `never`: it has never run here, or not for a while" }),
        ),
    ] {
        let reply = server.send(method, path, &[JSON], body).await;
        assert_eq!((reply.status, reply.json()), (status, expected), "{method} {path} {body}");
    }
    let reply = server.send("PUT", &long, &[JSON], "{}").await;
    assert_eq!((reply.status, &reply.json()["detail"][0]["loc"]), (422, &json!(["path", "training_id"])));
}

/// 406 comes after what is wrong with the envelope, and before what is wrong with the input and the state of the trainer.
#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_not_streamed() {
    let refusal = (406, r#"{"error":"Training endpoints do not support streaming responses."}"#);
    let server = ready().await;
    server.send("PUT", "/trainings/taken", &[JSON, ASYNC], r#"{"input":{"n":1000}}"#).await;
    let starting = trainer_with("hang").await;
    for (server, method, path, body) in [
        (&server, "POST", "/trainings", r#"{"input":{"n":1}}"#),
        (&server, "POST", "/trainings", r#"{"input":{"n":0}}"#),
        (&server, "PUT", "/trainings/t1", r#"{"input":{"n":1}}"#),
        (&server, "PUT", "/trainings/taken", r#"{"input":{"n":1}}"#),
        (&starting, "POST", "/trainings", r#"{"input":{"n":1}}"#),
    ] {
        let reply = soon(server.send(method, path, &[JSON, EVENTS, ASYNC], body)).await;
        assert_eq!((reply.status, reply.body.as_str()), refusal, "{method} {path} {body}");
    }
    for (path, body) in [("/trainings/t1", r#"{"id":5}"#), ("/trainings/t1", r#"{"id":"t2"}"#)] {
        assert_eq!(server.send("PUT", path, &[JSON, EVENTS], body).await.status, 422, "{body}");
    }
    assert_eq!(starting.send("POST", "/trainings", &[JSON], "{}").await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_is_asynchronous_idempotent_and_told_of() {
    let server = ready().await;
    let mut receiver = Receiver::start().await;
    let request =
        json!({ "input": { "n": 1000 }, "context": { "subject": "letters" }, "webhook": receiver.url });
    let request = request.to_string();
    let reply = server.send("PUT", "/trainings/t1", &[JSON, ASYNC], &request).await;
    assert_eq!((reply.status, reply.body.as_str()), (202, r#"{"id":"t1","status":"starting"}"#));
    let again = server.send("PUT", "/trainings/t1", &[JSON], &request).await;
    assert_eq!((again.status, &again.json()["input"]), (202, &json!({ "n": 1000 })));
    assert_eq!(server.send("POST", "/trainings/t1/cancel", &[], "").await.status, 200);
    let told = receiver.all().await;
    let last = &told.last().unwrap().body;
    assert_eq!((&last["id"], &last["status"]), (&json!("t1"), &json!("canceled")));
    let shown = server.get("/trainings/t1").await.json();
    assert_eq!(shown["status"], "canceled");

    let request = json!({ "input": { "n": 1 }, "context": { "subject": "letters" } }).to_string();
    let again = server.send("PUT", "/trainings/t1", &[JSON], &request).await.json();
    assert_eq!(again["logs"], "training 1 0.0001\nletters\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_has_slots_and_names_of_its_own() {
    let server = ready().await;
    let health = async || server.get("/health-check").await.json()["status"].clone();
    server.send("PUT", "/trainings/same", &[JSON, ASYNC], r#"{"input":{"n":1000}}"#).await;
    assert_eq!(health().await, "READY", "the predictor's slot is free");
    let reply = server.send("PUT", "/predictions/same", &[JSON, ASYNC], r#"{"input":{"act":"wait"}}"#).await;
    assert_eq!(reply.status, 202, "{}", reply.body);
    assert_eq!(health().await, "BUSY");
    assert_eq!(server.get("/trainings/same").await.json()["input"], json!({ "n": 1000 }));
    assert_eq!(server.get("/predictions/same").await.json()["input"], json!({ "act": "wait" }));
    server.send("POST", "/trainings/same/cancel", &[], "").await;
    soon(server.engine.find(&"same".parse().unwrap()).unwrap().wait()).await;
    assert_eq!(health().await, "BUSY");
    server.stage.gate.notify_one();

    let alone = trainer().await;
    alone.send("POST", "/trainings", &[JSON, ASYNC], r#"{"input":{"n":1000}}"#).await;
    assert_eq!(alone.get("/health-check").await.json()["status"], "BUSY");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_finds_either_and_its_own_first() {
    let server = ready().await;
    let train = async |id: &str| {
        let path = format!("/trainings/{id}");
        server.send("PUT", &path, &[JSON, ASYNC], r#"{"input":{"n":1000}}"#).await.status
    };
    let predict = async |id: &str| {
        let path = format!("/predictions/{id}");
        server.send("PUT", &path, &[JSON, ASYNC], r#"{"input":{"act":"wait"}}"#).await.status
    };
    let cancel = async |path: &str| server.send("POST", path, &[], "").await.status;
    let status = async |path: &str| {
        soon(async {
            loop {
                let shown = server.get(path).await.json();
                if shown["status"] != "starting" {
                    return shown["status"].clone();
                }
            }
        })
        .await
    };

    assert_eq!(train("t").await, 202);
    assert_eq!(cancel("/predictions/t/cancel").await, 200);
    soon(server.engine.find(&"t".parse().unwrap()).unwrap().wait()).await;
    assert_eq!(status("/trainings/t").await, "canceled");
    assert_eq!(cancel("/predictions/t/cancel").await, 404);

    assert_eq!(predict("p").await, 202);
    soon(server.stage.begun.notified()).await;
    assert_eq!(cancel("/trainings/p/cancel").await, 200);
    soon(server.stage.ended.notified()).await;

    assert_eq!((train("same").await, predict_when_free(&server, "same").await), (202, 202));
    assert_eq!(cancel("/trainings/same/cancel").await, 200);
    soon(server.engine.find(&"same".parse().unwrap()).unwrap().wait()).await;
    assert_eq!(status("/trainings/same").await, "canceled");
    assert_eq!(status("/predictions/same").await, "processing");
    // The training is over, so the name is the prediction's alone.
    assert_eq!(cancel("/trainings/same/cancel").await, 200);
    soon(server.stage.ended.notified()).await;
}

/// Begins a prediction that waits, as soon as the slot is free.
async fn predict_when_free(server: &Server, id: &str) -> u16 {
    let path = format!("/predictions/{id}");
    soon(async {
        loop {
            let reply = server.send("PUT", &path, &[JSON, ASYNC], r#"{"input":{"act":"wait"}}"#).await;
            if reply.status != 409 {
                return reply.status;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_of_both() {
    const LOGS: &str = "opening the school\n";
    for (predictor, trainer, status, setup, logs) in [
        (None, "fine", "READY", "succeeded", LOGS.to_owned()),
        (None, "sick", "UNHEALTHY", "succeeded", LOGS.to_owned()),
        (None, "fail", "SETUP_FAILED", "failed", format!("{LOGS}no teachers")),
        (Some("fail"), "fine", "SETUP_FAILED", "failed", format!("no weights\n{LOGS}")),
        (Some("fail"), "fail", "SETUP_FAILED", "failed", format!("no weights\n{LOGS}no teachers")),
    ] {
        let server = both(predictor, trainer, ServerConfig::default()).await;
        soon(settled(&server)).await;
        let health = server.get("/health-check").await.json();
        let told = (&health["status"], &health["setup"]["status"], &health["setup"]["logs"]);
        assert_eq!(told, (&json!(status), &json!(setup), &json!(logs)), "{predictor:?} {trainer}");
        assert!(health["setup"]["completed_at"].is_string());
        let reason = if status == "UNHEALTHY" { json!("Healthcheck failed: sick") } else { Value::Null };
        assert_eq!(health["user_healthcheck_error"], reason);
        let probe = if status == "READY" { 200 } else { 503 };
        assert_eq!(server.get("/readyz").await.status, probe, "{predictor:?} {trainer}");
    }
    for (predictor, trainer) in [(None, "hang"), (Some("hang"), "fine")] {
        let server = both(predictor, trainer, ServerConfig::default()).await;
        let health = server.get("/health-check").await.json();
        assert_eq!((&health["status"], &health["setup"]["status"]), (&json!("STARTING"), &json!("starting")));
        assert_eq!(health["setup"].get("completed_at"), None, "{predictor:?} {trainer}");
        assert_eq!(server.get("/openapi.json").await.status, 503);
    }
}

/// The one that is ready works while the other is not.
#[tokio::test(flavor = "multi_thread")]
async fn neither_waits_for_the_setup_of_the_other() {
    let server = both(Some("hang"), "fine", ServerConfig::default()).await;
    soon(server.engine.ready()).await.unwrap();
    let reply = server.send("POST", "/trainings", &[JSON], r#"{"input":{"n":1}}"#).await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("succeeded")));
    assert_eq!(server.predict(&json!({})).await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_are_stopped_at_the_same_time() {
    let grace = Duration::from_secs(2);
    let config = ServerConfig { shutdown_grace: grace, ..ServerConfig::default() };
    let server = both(None, "fine", config).await;
    soon(settled(&server)).await;
    let mut training = Connection::open(server.address).await;
    training.post("/trainings", r#"{"id":"t","input":{"n":1000}}"#).await;
    let mut prediction = Connection::open(server.address).await;
    prediction.post("/predictions", r#"{"input":{"act":"wait"}}"#).await;
    soon(server.stage.begun.notified()).await;
    soon(async {
        while server.engine.find(&"t".parse().unwrap()).is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.send("POST", "/shutdown", &[], "").await;
    let mut ends = Vec::new();
    for connection in [&mut training, &mut prediction] {
        let reply = soon(connection.reply(false)).await.json();
        assert_eq!(reply["status"], "canceled", "{reply}");
        let end: jiff::Timestamp = reply["completed_at"].as_str().unwrap().parse().unwrap();
        ends.push(end);
    }
    assert!(ends[1].duration_since(ends[0]).unsigned_abs() < grace, "one waited for the other: {ends:?}");
    soon(server.task).await.unwrap().unwrap();
}
