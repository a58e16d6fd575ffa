//! A trainer is run as a predictor is.

use std::sync::atomic::{AtomicBool, Ordering};

use cog_core::{
    Engine, EngineConfig, HealthReport, Input, Output, Path, Request, Result, Scope, Setup, Status, Trainer,
    Training, anyhow, json,
};

use crate::support::soon;

#[derive(Input)]
struct Lessons {
    #[input(ge = 1)]
    steps: usize,
}

#[derive(Output)]
struct Trained {
    weights: Path,
}

/// Adds a letter to the weights that it started from with each step, and is worn out after its first training.
struct School {
    base: String,
    is_worn_out: AtomicBool,
}

impl Trainer for School {
    type Input = Lessons;
    type Output = Trained;

    const MAX_CONCURRENCY: usize = 3;

    async fn setup(setup: &Setup) -> Result<Self> {
        let weights = setup.weights().ok_or_else(|| anyhow::anyhow!("no weights to start from"))?;
        Ok(Self { base: weights.to_string(), is_worn_out: AtomicBool::new(false) })
    }

    async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
        scope.log("training");
        assert!(lessons.steps < 100, "too much");
        scope.record_metric("steps", i64::try_from(lessons.steps)?)?;
        self.is_worn_out.store(true, Ordering::SeqCst);
        let weights = self.base.clone() + &"w".repeat(lessons.steps);
        Ok(Trained { weights: Path::from_bytes("w.txt", weights) })
    }

    async fn healthcheck(&self) -> Result<()> {
        if self.is_worn_out.load(Ordering::SeqCst) { Err(anyhow::anyhow!("worn out")) } else { Ok(()) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_has_slots_setup_files_and_health_as_a_predictor_has() {
    let config = EngineConfig { weights: Some("base-".parse().unwrap()), ..EngineConfig::default() };
    let engine = Engine::start::<Training<School>>(config).unwrap();
    soon(engine.ready()).await.unwrap();
    assert_eq!(engine.slots(), 3);
    assert_eq!(engine.healthcheck().await, HealthReport::Healthy);
    assert!(engine.submit(Request::new(json!({ "steps": 0 }))).is_err());
    let training = soon(engine.submit(Request::new(json!({ "steps": 2 }))).unwrap().completed()).await;
    assert_eq!((training.status(), training.logs()), (Status::Succeeded, "training\n"));
    assert_eq!(training.metrics()["steps"], 2);
    assert_eq!(
        training.output_json().as_deref(),
        Some(r#"{"weights":"data:text/plain;base64,YmFzZS13dw=="}"#)
    );
    assert_eq!(
        engine.healthcheck().await,
        HealthReport::Unhealthy("Healthcheck failed: worn out".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_one_training() {
    let config = EngineConfig { weights: Some("base-".parse().unwrap()), ..EngineConfig::default() };
    let engine = Engine::start::<Training<School>>(config).unwrap();
    soon(engine.ready()).await.unwrap();
    let training = soon(engine.submit(Request::new(json!({ "steps": 100 }))).unwrap().completed()).await;
    assert_eq!((training.status(), training.error()), (Status::Failed, Some("the model panicked: too much")));
    assert_eq!(engine.free_slots(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_that_cannot_be_set_up_takes_no_trainings() {
    let engine = Engine::start::<Training<School>>(EngineConfig::default()).unwrap();
    let refused = soon(engine.ready()).await.unwrap_err();
    assert_eq!(refused.to_string(), "setup failed: no weights to start from");
}
