//! What author code logs belongs to its prediction, on any number of slots at once.

use std::num::NonZeroUsize;
use std::sync::Barrier;

use cog_core::{
    Engine, EngineConfig, Input, LogSource, PredictionLogs, Predictor, Request, Result, Scope, Setup,
    current_scope, json,
};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::support::soon;

#[derive(Input)]
struct Talk {
    name: String,
}

struct Talker(Barrier);

const TALKERS: usize = 4;

/// Deep code that nobody passed a scope to.
fn deep(name: &str) {
    current_scope().log(format_args!("{name} deep"));
    current_scope().increment_metric("depth", 1).unwrap();
}

impl Predictor for Talker {
    type Input = Talk;
    type Output = String;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self(Barrier::new(TALKERS)))
    }

    async fn predict(&self, Talk { name }: Talk, scope: Scope) -> Result<String> {
        for round in 0..10 {
            self.0.wait();
            tracing::info!(round, "{name} event");
            deep(&name);
        }
        tracing::warn!("{name} warns");
        std::thread::scope(|threads| {
            threads.spawn(|| scope.enter(|| deep(&name)));
        });
        let on_the_runtime = {
            let name = name.clone();
            async move {
                tokio::task::yield_now().await;
                tracing::info!("{name} spawned");
            }
        };
        tokio::spawn(on_the_runtime.in_current_span()).await?;
        let name_of_task = name.clone();
        tokio::spawn(scope.clone().instrument(async move {
            tokio::task::yield_now().await;
            deep(&name_of_task);
        }))
        .await?;
        scope.write_log(LogSource::Stdout, &format!("{name} unterminated"));
        Ok(current_scope().id().map(ToString::to_string).unwrap_or_default())
    }
}

#[test]
fn each_line_belongs_to_the_prediction_that_logged_it() {
    let subscriber = tracing_subscriber::registry().with(PredictionLogs);
    // For the whole process: slots are threads of their own. No other test here depends on `tracing`.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let slots = NonZeroUsize::new(TALKERS);
        let engine = Engine::start::<Talker>(EngineConfig { slots, ..EngineConfig::default() }).unwrap();
        engine.ready().await.unwrap();
        let names: Vec<_> = (0..TALKERS).map(|number| format!("talker{number}")).collect();
        let handles: Vec<_> =
            names.iter().map(|name| engine.submit(Request::new(json!({ "name": name }))).unwrap()).collect();
        for (name, handle) in names.iter().zip(handles) {
            let prediction = soon(handle.completed()).await;
            assert_eq!(prediction.error(), None);
            let mut expected = String::new();
            for round in 0..10 {
                expected += &format!("{name} event round={round}\n{name} deep\n");
            }
            expected +=
                &format!("WARN {name} warns\n{name} deep\n{name} spawned\n{name} deep\n{name} unterminated");
            assert_eq!(prediction.logs(), expected);
            assert_eq!(prediction.metrics()["depth"], 12);
            assert_eq!(prediction.output_json().unwrap(), format!("\"{}\"", prediction.id()));
        }
    });
    assert!(current_scope().id().is_none());
}
