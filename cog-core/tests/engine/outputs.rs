//! Every type of output, as JSON and as schema.

use std::collections::HashMap;

use cog_core::schema::Components;
use cog_core::{
    Choices, Engine, EngineConfig, Input, Json, Output, OutputStream, OutputValue, Predictor, Request,
    Result, Scope, Setup, Status, Value, json,
};

use crate::support::soon;

#[derive(Input)]
struct Nothing {}

/// Returns one fixed output.
trait Fixed: 'static {
    type Output: OutputValue;

    fn make() -> Self::Output;
}

struct Returns<F>(std::marker::PhantomData<fn() -> F>);

impl<F: Fixed> Predictor for Returns<F> {
    type Input = Nothing;
    type Output = F::Output;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self(std::marker::PhantomData))
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<F::Output> {
        Ok(F::make())
    }
}

async fn run<P: Predictor>() -> cog_core::Prediction {
    let engine = Engine::start::<P>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    soon(engine.submit(Request::default()).unwrap().completed()).await
}

fn schema<T: Output>() -> Value {
    let mut components = Components::default();
    components.add_output("Output", &T::schema());
    let mut schema = components.into_value()["Output"].take();
    schema.as_object_mut().unwrap().remove("title");
    schema
}

#[derive(Output)]
struct Report {
    /// How sure it is.
    score: f32,
    label: Label,
    notes: Option<String>,
    counts: HashMap<String, u32>,
}

#[derive(Choices)]
enum Label {
    NotSure,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Foreign {
    x: u8,
}

macro_rules! fixed {
    ($($name:ident: $output:ty = $value:expr, $json:tt, $schema:tt;)*) => { $(
        struct $name;

        impl Fixed for $name {
            type Output = $output;

            fn make() -> $output {
                $value
            }
        }
    )*

    #[tokio::test(flavor = "multi_thread")]
    async fn values_are_written_as_their_schema_says() {
        $(
            let prediction = run::<Returns<$name>>().await;
            let output: Value = prediction.output_json().unwrap().parse().unwrap();
            assert_eq!(output, json!($json), stringify!($name));
            assert_eq!(schema::<$output>(), json!($schema), stringify!($name));
        )*
    } };
}

fixed! {
    Text: String = "é \"quoted\"\n".to_owned(), "é \"quoted\"\n", { "type": "string" };
    Fixedly: &'static str = "x", "x", { "type": "string" };
    Truth: bool = true, true, { "type": "boolean" };
    Signed: i64 = -5, (-5), { "type": "integer" };
    Wide: u64 = u64::MAX, 18_446_744_073_709_551_615_u64, { "type": "integer", "minimum": 0 };
    Real: f64 = 0.5, 0.5, { "type": "number" };
    Single: f32 = 0.5, 0.5, { "type": "number" };
    Unit: () = (), null, { "nullable": true };
    Anything: Value = json!([1, { "a": null }]), [1, { "a": null }], {};
    List: Vec<String> = vec!["a".to_owned()], ["a"], { "type": "array", "items": { "type": "string" } };
    Empty: Vec<String> = vec![], [], { "type": "array", "items": { "type": "string" } };
    Wrapped: Json<Foreign> = Json(Foreign { x: 1 }), { "x": 1 },
        { "type": "object", "properties": { "x": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 } }, "required": ["x"] };
    Object: Report = Report { score: 0.5, label: Label::NotSure, notes: None, counts: HashMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]) },
        { "counts": { "a": 2, "b": 1 }, "label": "not_sure", "notes": null, "score": 0.5 },
        {
            "type": "object",
            "properties": {
                "score": { "title": "Score", "type": "number", "description": "How sure it is." },
                "label": { "title": "Label", "type": "string", "enum": ["not_sure"] },
                "notes": { "title": "Notes", "type": "string", "nullable": true },
                "counts": {
                    "title": "Counts",
                    "type": "object",
                    "additionalProperties": { "type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32 },
                },
            },
            "required": ["score", "label", "counts"],
        };
}

struct NotANumber;

impl Fixed for NotANumber {
    type Output = Report;

    fn make() -> Report {
        Report { score: f32::NAN, label: Label::NotSure, notes: None, counts: HashMap::new() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_json_cannot_carry_fails_and_says_where() {
    let prediction = run::<Returns<NotANumber>>().await;
    assert_eq!(prediction.status(), Status::Failed);
    assert_eq!(prediction.error(), Some("cannot write output `score` as JSON: NaN is not a JSON number"));
}

/// Yields two numbers and fails.
struct Broken;

impl Predictor for Broken {
    type Input = Nothing;
    type Output = OutputStream<'static, u8>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<OutputStream<'_, u8>> {
        Ok(OutputStream::new(async_stream::try_stream! {
            yield 1;
            tokio::task::yield_now().await;
            yield 2;
            Err(cog_core::anyhow::anyhow!("no third"))?;
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_fails_keeps_what_it_has_made() {
    let prediction = run::<Broken>().await;
    assert_eq!((prediction.status(), prediction.error()), (Status::Failed, Some("no third")));
    assert_eq!(prediction.output_json().as_deref(), Some("[1,2]"));
    assert_eq!(
        schema::<OutputStream<'static, u8>>(),
        json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 }, "x-cog-array-type": "iterator" })
    );
}

/// Shows that what the object's members are written in is alphabetical order, as Cog does.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_written_in_alphabetical_order() {
    let json = run::<Returns<Object>>().await.output_json().unwrap();
    assert_eq!(json, r#"{"counts":{"a":2,"b":1},"label":"not_sure","notes":null,"score":0.5}"#);
}
