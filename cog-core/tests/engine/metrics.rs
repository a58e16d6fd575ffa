//! `record_metric`: modes, names, types, all as Cog has them.

use cog_core::{
    Engine, EngineConfig, Event, Input, MetricError, MetricMode, Predictor, Request, Result, Scope, Setup,
    Value, json,
};

use crate::support::soon;

#[derive(Input)]
struct Script {
    /// Lists of mode, name and value.
    steps: Vec<Vec<Value>>,
}

/// Records what it is told to, and returns what it was told off for.
struct Recorder;

impl Predictor for Recorder {
    type Input = Script;
    type Output = Vec<String>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Script, scope: Scope) -> Result<Vec<String>> {
        let mut errors = Vec::new();
        for step in input.steps {
            let [mode, name, value] = step.as_slice() else { unreachable!("a step has three parts") };
            let (mode, name) = (mode.as_str().unwrap(), name.as_str().unwrap());
            let recorded = match mode {
                "delete" => scope.delete_metric(name),
                _ => mode
                    .parse::<MetricMode>()
                    .and_then(|mode| scope.record_metric_with(name, value.clone(), mode)),
            };
            errors.extend(recorded.err().map(|error: MetricError| error.to_string()));
        }
        Ok(errors)
    }
}

/// Runs the steps and returns the metrics and the errors.
async fn run(steps: Value) -> (Value, Vec<String>) {
    let engine = Engine::start::<Recorder>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    let prediction = soon(engine.submit(Request::new(json!({ "steps": steps }))).unwrap().completed()).await;
    let errors = serde_json::from_str(&prediction.output_json().unwrap()).unwrap();
    (prediction.metrics().clone().into(), errors)
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_names_and_types() {
    let cases = [
        (json!([["replace", "a", 1], ["replace", "a", 2]]), json!({ "a": 2 })),
        (json!([["incr", "a", 1], ["increment", "a", 2]]), json!({ "a": 3 })),
        (json!([["incr", "a", 0.5], ["incr", "a", 0.25]]), json!({ "a": 0.75 })),
        (json!([["append", "a", 1], ["append", "a", 2]]), json!({ "a": [1, 2] })),
        (json!([["replace", "a", "x"], ["append", "a", "y"]]), json!({ "a": ["x", "y"] })),
        (
            json!([["replace", "t.b.c", 1], ["replace", "t.d", 2]]),
            json!({ "t": { "b": { "c": 1 }, "d": 2 } }),
        ),
        (json!([["replace", "t", 1], ["replace", "t.b", 2]]), json!({ "t": { "b": 2 } })),
        (json!([["replace", "a", 1], ["delete", "a", null]]), json!({})),
        (json!([["replace", "a", 1], ["delete", "a", null], ["replace", "a", "x"]]), json!({ "a": "x" })),
        (
            json!([["replace", "a", true], ["replace", "b", [1]], ["replace", "c", { "d": 1 }]]),
            json!({ "a": true, "b": [1], "c": { "d": 1 } }),
        ),
    ];
    for (steps, metrics) in cases {
        assert_eq!(run(steps.clone()).await, (metrics, vec![]), "{steps}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn misuse_is_told_in_cogs_words() {
    let long = "a".repeat(129);
    let cases = [
        (json!(["replace", "", 1]), "metric name must not be empty"),
        (json!(["replace", long, 1]), "metric name must be 128 characters or fewer (got 129 characters)"),
        (
            json!(["replace", "a.b.c.d.e", 1]),
            "metric name must have at most 4 dot-separated segments (got 5)",
        ),
        (json!(["replace", ".a", 1]), "metric name must not start with a dot"),
        (json!(["replace", "a.", 1]), "metric name must not end with a dot"),
        (json!(["replace", "a..b", 1]), "metric name must not contain empty segments (consecutive dots)"),
        (json!(["replace", "_a", 1]), "metric name segment '_a' must start with a letter"),
        (json!(["replace", "1a", 1]), "metric name segment '1a' must start with a letter"),
        (
            json!(["replace", "a__b", 1]),
            "metric name segment 'a__b' must not contain consecutive underscores",
        ),
        (json!(["replace", "a_", 1]), "metric name segment 'a_' must end with a letter or digit"),
        (json!(["replace", "a-b", 1]), "metric name segment 'a-b' contains invalid character '-'"),
        (json!(["replace", "predict_time", 1]), "'predict_time' is reserved by the runtime"),
        (json!(["replace", "cog.x", 1]), "the 'cog.' prefix is reserved for system metrics"),
        (json!(["incr", "a", "x"]), "Increment mode requires int or float, got str"),
        (json!(["zzz", "a", 1]), "Invalid metric mode: 'zzz'. Expected 'replace', 'incr', or 'append'."),
        (json!(["delete", "a-b", null]), "metric name segment 'a-b' contains invalid character '-'"),
    ];
    for (step, error) in cases {
        assert_eq!(run(json!([step])).await, (json!({}), vec![error.to_owned()]), "{step}");
    }
    let (metrics, errors) =
        run(json!([["replace", "tokens", 1], ["replace", "tokens", "x"], ["replace", "tokens", 1.5]])).await;
    assert_eq!(metrics, json!({ "tokens": 1 }));
    assert_eq!(
        errors,
        [
            "Metric 'tokens' has type int, cannot set to str without deleting first",
            "Metric 'tokens' has type int, cannot set to float without deleting first",
        ]
    );
    let (metrics, errors) = run(json!([["incr", "n", i64::MAX], ["incr", "n", 1]])).await;
    assert_eq!((metrics, errors.len()), (json!({ "n": i64::MAX }), 1), "an overflow is refused, not wrapped");
}

#[test]
fn a_number_that_is_none_is_refused_and_no_prediction_is_no_error() {
    assert_eq!(Scope::none().record_metric("not a name", f64::NAN), Ok(()));
    assert_eq!(Scope::none().delete_metric("not a name"), Ok(()));
    Scope::none().progress(f64::NAN);
    assert!(Scope::none().check().is_ok());
    assert!(Scope::none().directory().is_err());
    assert!(!Scope::none().cancellation().is_cancelled());
}

#[derive(Input)]
struct Nothing {}

struct Progressing;

impl Predictor for Progressing {
    type Input = Nothing;
    type Output = String;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Nothing, scope: Scope) -> Result<String> {
        scope.progress(-1.0);
        scope.progress(f64::NAN);
        scope.progress_with(0.5, "half way");
        scope.progress(7.0);
        scope.record_metric("nan", f64::NAN).unwrap_err();
        let later = scope.clone();
        std::thread::spawn(move || {
            while later.check().is_ok() && later.directory().is_ok() {
                std::thread::yield_now();
            }
            // The prediction is over, or about to be: nothing follows its end.
            later.log("too late");
        });
        Ok(scope.context("user").unwrap_or("nobody").to_owned())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_and_context() {
    let engine = Engine::start::<Progressing>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    let context = [("user".to_owned(), "ada".to_owned())].into();
    let handle = engine.submit(Request { context, ..Request::default() }).unwrap();
    let prediction = soon(handle.completed()).await;
    assert_eq!(prediction.output_json().as_deref(), Some("\"ada\""));
    assert_eq!(prediction.progress(), Some((1.0, None)));
    let mut told = Vec::new();
    let mut events = handle.events();
    while let Some(event) = soon(events.next()).await {
        if let (_, Event::Progress { fraction, message }) = event.unwrap() {
            told.push((fraction, message.map(|message| message.to_string())));
        }
    }
    assert_eq!(told, [(0.0, None), (0.5, Some("half way".to_owned())), (1.0, None)]);
}
