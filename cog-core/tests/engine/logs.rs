//! What author code logs belongs to its prediction, on any number of slots at once.

use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier, Mutex};

use cog_core::{
    Engine, EngineConfig, Event, Input, LOG_TEXT_LIMIT, Lagged, LogSource, OutputCapture, Prediction,
    PredictionId, PredictionLogs, Predictor, Request, Result, Scope, Setup, current_scope, json,
};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::support::{Stage, order, soon, start_with};

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

/// What is told of author code that runs, and what it prints at its end.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Listener {
    fn note(&self, what: &str, scope: &Scope) {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        let who = scope.id().map_or_else(|| "setup".to_owned(), ToString::to_string);
        self.0.lock().unwrap().push(format!("{what} {who} on {thread}"));
    }
}

impl OutputCapture for Listener {
    fn begin(&self, scope: &Scope) {
        self.note("begin", scope);
        scope.write_log(LogSource::Stdout, "first\n");
    }

    fn end(&self, scope: &Scope) {
        self.note("end", scope);
        scope.write_log(LogSource::Stderr, "last");
    }

    fn share(&self) {
        self.0.lock().unwrap().push("shared".to_owned());
    }
}

async fn listened(slots: usize) -> (Engine, Arc<Stage>, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let output_capture = Some(Arc::clone(&listener) as Arc<dyn OutputCapture>);
    let slots = NonZeroUsize::new(slots);
    let (engine, stage) = start_with(EngineConfig { slots, output_capture, ..EngineConfig::default() }).await;
    (engine, stage, listener)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_belongs_to_the_prediction_whatever_way_it_ends() {
    let (engine, stage, listener) = listened(1).await;
    assert_eq!(engine.setup().logs, "first\nlast");
    let mut expected = vec!["begin setup on cog-setup".to_owned(), "end setup on cog-setup".to_owned()];
    for act in ["return", "fail", "panic", "panic_twice", "panic_in_drop", "await", "block"] {
        let id: PredictionId = act.parse().unwrap();
        let prediction = engine.submit(Request { id: Some(id), ..order(act) }).unwrap();
        soon(stage.begun.notified()).await;
        if matches!(act, "panic_in_drop" | "await" | "block") {
            prediction.cancel();
        }
        let prediction = soon(prediction.completed()).await;
        assert_eq!(prediction.logs(), "first\nlast", "{act}");
        expected.extend(["begin", "end"].map(|what| format!("{what} {act} on cog-slot-0")));
    }
    assert_eq!(*listener.0.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_slots_nobody_can_say_who_prints() {
    let (engine, _stage, listener) = listened(2).await;
    let prediction = soon(engine.submit(order("return")).unwrap().completed()).await;
    assert_eq!(prediction.logs(), "");
    let expected = ["begin setup on cog-setup", "end setup on cog-setup", "shared"];
    assert_eq!(*listener.0.lock().unwrap(), expected, "setup is unambiguous all the same");
}

/// Reads the events of a prediction that logs in `begin` and `end`, by way of the given limits.
async fn limited(config: EngineConfig) -> (Prediction, Vec<std::result::Result<Event, Lagged>>) {
    let output_capture = Some(Arc::new(Listener::default()) as _);
    let (engine, _stage) = start_with(EngineConfig { output_capture, ..config }).await;
    let prediction = engine.submit(order("return")).unwrap();
    soon(prediction.wait()).await;
    let mut events = prediction.events();
    let mut read = Vec::new();
    while let Some(item) = soon(events.next()).await {
        read.push(item.map(|(_, event)| event));
    }
    (prediction.snapshot(), read)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_logs_of_a_prediction_have_a_limit() {
    for (limit, expected) in [
        (10, "first\nlast"),
        (9, "first\n[a prediction may log 9 bytes: the rest is left out]\n"),
        (5, "[a prediction may log 5 bytes: the rest is left out]\n"),
    ] {
        let (prediction, events) =
            limited(EngineConfig { max_log_bytes: limit, ..EngineConfig::default() }).await;
        let told: String = events
            .iter()
            .filter_map(|event| match event {
                Ok(Event::Log { text, .. }) => Some(&**text),
                _ => None,
            })
            .collect();
        assert_eq!((prediction.logs(), told.as_str()), (expected, expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_has_a_limit_in_bytes() {
    // The events are a start, a log of six bytes, an output, a log of four bytes and the end, which always stays.
    for (limit, missed) in [(10, None), (9, Some(2)), (3, Some(4)), (0, Some(4))] {
        let (prediction, events) =
            limited(EngineConfig { max_history_bytes: limit, ..EngineConfig::default() }).await;
        assert_eq!(prediction.logs(), "first\nlast", "the object is complete all the same");
        let gap = events.iter().find_map(|event| event.as_ref().err()).map(|Lagged(missed)| *missed);
        assert_eq!(gap, missed, "{limit}: {events:?}");
        assert!(matches!(events.last(), Some(Ok(Event::Completed(_)))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_cut() {
    struct Long;
    impl OutputCapture for Long {
        fn begin(&self, scope: &Scope) {
            scope.log("x".repeat(LOG_TEXT_LIMIT));
        }
        fn end(&self, scope: &Scope) {
            scope.log("short");
        }
        fn share(&self) {}
    }
    let output_capture = Some(Arc::new(Long) as _);
    let (engine, _stage) = start_with(EngineConfig { output_capture, ..EngineConfig::default() }).await;
    let logs = engine.setup().logs;
    assert_eq!(logs.len(), LOG_TEXT_LIMIT + "short\n".len());
    assert!(logs.ends_with("x[**** LOG LINE TRUNCATED AT 4 MiB ****]\nshort\n"));
}
