//! Publishing the files of outputs: in order, off the slot, and with an end for every way it can go.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_stream::try_stream;
use cog_core::{
    EncodeError, Encoder, Engine, EngineConfig, Input, OutputStream, OutputValue, Path, Prediction,
    PredictionHandle, Predictor, Publish, PublishContent, PublishError, PublishRequest, Rejection, Request,
    Result, Schema, Scope, Setup, Status, Value, anyhow, async_trait, json,
};
use tokio::sync::{mpsc, oneshot};

use crate::support::soon;

#[derive(Input)]
struct Script {
    steps: Vec<String>,
}

enum Page {
    Text(String),
    File(Path),
    Nested(BTreeMap<String, Vec<Path>>),
}

impl OutputValue for Page {
    fn schema() -> Schema {
        Schema::any()
    }

    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError> {
        match self {
            Self::Text(text) => text.encode(encoder),
            Self::File(file) => file.encode(encoder),
            Self::Nested(files) => files.encode(encoder),
        }
    }
}

/// Yields a page for each step. A file on the disk is written to again as soon as it has been yielded.
struct Press;

impl Predictor for Press {
    type Input = Script;
    type Output = OutputStream<'static, Page>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, script: Script, scope: Scope) -> Result<OutputStream<'_, Page>> {
        Ok(OutputStream::new(try_stream! {
            for step in script.steps {
                match step.split_once(' ').unwrap_or((&step, "")) {
                    ("file", name) => {
                        let path = scope.directory()?.join(name);
                        std::fs::write(&path, format!("content of {name}"))?;
                        yield Page::File(Path::from(path.clone()));
                        std::fs::write(&path, "overwritten")?;
                    }
                    ("memory", name) => yield Page::File(Path::from_bytes(name, "in memory")),
                    ("nested", name) => {
                        let files = ["x/", "y/"].map(|folder| Path::from_bytes(format!("{folder}{name}"), "nested"));
                        yield Page::Nested(BTreeMap::from([("pair".to_owned(), files.to_vec())]));
                    }
                    ("gone", name) => yield Page::File(Path::from(name)),
                    ("wait", _) => std::future::pending().await,
                    ("spin", _) => loop {
                        yield Page::Text("spin".to_owned());
                    },
                    ("fail", _) => Err(anyhow::anyhow!("the author's error"))?,
                    ("panic", _) => panic!("boom"),
                    (text, _) => yield Page::Text(text.to_owned()),
                }
            }
        }))
    }
}

/// A publisher that asks the test. Where the test does not answer, it panics.
struct Desk(mpsc::UnboundedSender<Asked>);

#[derive(Debug)]
struct Asked {
    prediction: String,
    name: String,
    media_type: String,
    content: String,
    answer: oneshot::Sender<Result<String, PublishError>>,
}

impl Asked {
    fn accept(self) {
        let url = format!("https://files/{}", self.name);
        self.answer.send(Ok(url)).unwrap();
    }

    fn refuse(self) {
        let error = PublishError::new("no room").caused_by(anyhow::anyhow!("a secret"));
        self.answer.send(Err(error)).unwrap();
    }
}

#[async_trait]
impl Publish for Desk {
    async fn publish(&self, request: PublishRequest<'_>) -> Result<String, PublishError> {
        let content = match request.content {
            PublishContent::Disk(path) => std::fs::read(path).unwrap(),
            PublishContent::Memory(bytes) => bytes.to_vec(),
        };
        assert_eq!(content.len() as u64, request.size);
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            prediction: request.prediction.to_string(),
            name: request.name.to_owned(),
            media_type: request.media_type.to_owned(),
            content: String::from_utf8(content).unwrap(),
            answer,
        };
        self.0.send(asked).unwrap();
        answered.await.expect("an answer")
    }
}

struct House {
    engine: Engine,
    asked: mpsc::UnboundedReceiver<Asked>,
    directory: tempfile::TempDir,
}

impl House {
    /// Opens one with one slot.
    async fn open() -> Self {
        let (sender, asked) = mpsc::unbounded_channel();
        let directory = tempfile::tempdir().unwrap();
        let config = EngineConfig {
            slots: NonZeroUsize::new(1),
            publisher: Some(Arc::new(Desk(sender))),
            temp_directory: Some(directory.path().to_owned()),
            ..EngineConfig::default()
        };
        let engine = Engine::start::<Press>(config).unwrap();
        engine.ready().await.unwrap();
        Self { engine, asked, directory }
    }

    fn submit(&self, steps: &[&str]) -> PredictionHandle {
        self.engine.submit(Request::new(json!({ "steps": steps }))).unwrap()
    }

    /// Waits for the next `count` files to publish.
    async fn asked(&mut self, count: usize) -> Vec<Asked> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(soon(self.asked.recv()).await.unwrap());
        }
        all
    }

    async fn slot_is_free(&self) {
        soon(async {
            while self.engine.free_slots() == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Waits for the end, at which nothing is left on the disk.
    async fn end(&self, prediction: &PredictionHandle) -> (Prediction, Value) {
        let ended = soon(prediction.completed()).await;
        assert_eq!(std::fs::read_dir(&self.directory).unwrap().count(), 0, "{ended:?}");
        let output = output(prediction);
        (ended, output)
    }
}

fn output(prediction: &PredictionHandle) -> Value {
    prediction.read(Prediction::output_json).map_or(Value::Null, |json| json.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn outputs_keep_their_order_whatever_is_published_first() {
    let mut house = House::open().await;
    let prediction = house.submit(&["first", "file a.png", "between", "memory b.txt", "nested c", "last"]);
    let mut asked = house.asked(4).await;
    assert_eq!(output(&prediction), json!(["first"]), "what waits for nothing is told at once");
    let slowest = asked.remove(0);
    asked.into_iter().rev().for_each(Asked::accept);
    house.slot_is_free().await;
    assert_eq!(output(&prediction), json!(["first"]), "nothing overtakes");
    slowest.accept();
    let (ended, output) = house.end(&prediction).await;
    assert_eq!((ended.status(), ended.error()), (Status::Succeeded, None));
    let nested = json!({ "pair": ["https://files/c", "https://files/c-1"] });
    assert_eq!(
        output,
        json!(["first", "https://files/a.png", "between", "https://files/b.txt", nested, "last"])
    );
}

/// A file is published as it was when it was yielded, although the author has written to it since.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_published_as_it_was_and_with_a_name_of_its_own() {
    let mut house = House::open().await;
    let prediction =
        house.submit(&["file a.txt", "file a.txt", "memory p/a.txt", "memory b c?#.json", "file x"]);
    house.slot_is_free().await;
    let mut asked = house.asked(5).await;
    asked.sort_by(|one, other| one.name.cmp(&other.name));
    let told: Vec<_> =
        asked.iter().map(|asked| (&*asked.name, &*asked.media_type, &*asked.content)).collect();
    let expected = [
        ("a-1.txt", "text/plain", "content of a.txt"),
        ("a-2.txt", "text/plain", "in memory"),
        ("a.txt", "text/plain", "content of a.txt"),
        ("b c?#.json", "application/json", "in memory"),
        ("x", "application/octet-stream", "content of x"),
    ];
    assert_eq!(told, expected);
    assert!(asked.iter().all(|asked| asked.prediction == prediction.id().as_str()));
    asked.into_iter().for_each(Asked::accept);
    house.end(&prediction).await;
}

/// Author code is done and its slot free while not one file has been published; the prediction goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_does_not_answer_holds_no_slot() {
    let mut house = House::open().await;
    let steps: Vec<_> = (0..100).map(|_| "file same.png").collect();
    let prediction = house.submit(&steps);
    house.slot_is_free().await;
    let mut asked = house.asked(8).await;
    assert!(house.asked.try_recv().is_err(), "eight at a time");

    let named = Request { id: Some(prediction.id().clone()), ..Request::new(json!({ "steps": [] })) };
    let taken = Rejection::AlreadyRunning(prediction.id().clone());
    assert_eq!(house.engine.submit(named).unwrap_err(), taken, "its name is not free");
    let other = soon(house.submit(&["text"]).completed()).await;
    assert_eq!(other.status(), Status::Succeeded);
    assert_eq!(prediction.read(Prediction::status), Status::Processing);

    for _ in 8..100 {
        asked.remove(0).accept();
        asked.extend(house.asked(1).await);
    }
    asked.into_iter().for_each(Asked::accept);
    let (ended, output) = house.end(&prediction).await;
    assert_eq!(ended.status(), Status::Succeeded);
    assert_eq!(output.as_array().unwrap().len(), 100);
    assert_eq!(output[99], "https://files/same-99.png");
    assert!(ended.predict_time() > other.predict_time(), "the time that publishing takes counts");
}

/// What waits for a publisher is bounded: at the bound a prediction keeps its slot, and who comes next is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_never_answers_is_given_so_many_predictions_and_no_more() {
    let mut house = House::open().await;
    let mut asked = Vec::new();
    for _ in 0..64 {
        house.submit(&["file a"]);
        asked.extend(house.asked(1).await);
        house.slot_is_free().await;
    }
    let one_more = house.submit(&["file a"]);
    asked.extend(house.asked(1).await);
    for _ in 0..1000 {
        assert_eq!(house.engine.free_slots(), 0);
        tokio::task::yield_now().await;
    }
    asked.remove(0).accept();
    house.slot_is_free().await;
    assert_eq!(one_more.read(Prediction::status), Status::Processing);

    // One that waits for a place needs none when it is canceled.
    let canceled = house.submit(&["file a"]);
    let _given_up = house.asked(1).await;
    assert!(canceled.cancel());
    house.slot_is_free().await;
    assert_eq!(soon(canceled.completed()).await.status(), Status::Canceled);
    asked.into_iter().for_each(Asked::accept);
    assert_eq!(soon(one_more.completed()).await.status(), Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_gives_up_what_is_being_published() {
    let mut house = House::open().await;
    for steps in [&["file a", "memory b"][..], &["file a", "memory b", "wait"]] {
        let prediction = house.submit(steps);
        let asked = house.asked(2).await;
        if steps.len() == 2 {
            house.slot_is_free().await;
        }
        assert!(prediction.cancel());
        for mut asked in asked {
            soon(asked.answer.closed()).await;
        }
        let (ended, output) = house.end(&prediction).await;
        assert_eq!((ended.status(), ended.error(), output), (Status::Canceled, None, Value::Null));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_files_within_its_grace() {
    for (grace, status) in [(Duration::from_secs(60), Status::Succeeded), (Duration::ZERO, Status::Canceled)]
    {
        let mut house = House::open().await;
        let prediction = house.submit(&["file a"]);
        house.slot_is_free().await;
        let asked = house.asked(1).await.remove(0);
        let engine = house.engine.clone();
        let stopped = tokio::spawn(async move { engine.shutdown(grace).await });
        if status == Status::Succeeded {
            while house.engine.ready().await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(!stopped.is_finished());
            asked.accept();
            assert!(soon(stopped).await.unwrap());
        }
        assert_eq!(house.end(&prediction).await.0.status(), status);
    }
}

/// What cannot be published fails the prediction at once, wherever author code is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_published_fails_the_prediction() {
    let mut house = House::open().await;
    let refused = "Failed to upload output: no room";
    for (steps, output) in [
        (&["text", "memory a"][..], json!(["text"])),
        (&["file a", "wait"], Value::Null),
        (&["file a", "spin"], Value::Null),
        (&["memory slow", "memory a", "wait"], Value::Null),
    ] {
        let prediction = house.submit(steps);
        let mut asked = house.asked(steps.iter().filter(|step| step.contains(' ')).count()).await;
        asked.pop().unwrap().refuse();
        let (ended, told) = house.end(&prediction).await;
        assert_eq!(
            (ended.status(), ended.error(), told),
            (Status::Failed, Some(refused), output),
            "{steps:?}"
        );
    }

    let prediction = house.submit(&["memory a"]);
    drop(house.asked(1).await);
    let (ended, _) = house.end(&prediction).await;
    let panicked = "Failed to upload output: the publisher panicked: an answer: RecvError(())";
    assert_eq!(ended.error(), Some(panicked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_fails_the_prediction_and_is_named() {
    let mut house = House::open().await;
    let missing =
        "cannot publish an output file: cannot read `not/there.png`: No such file or directory (os error 2)";
    let prediction = house.submit(&["memory a", "gone not/there.png"]);
    house.asked(1).await.remove(0).accept();
    let (ended, output) = house.end(&prediction).await;
    assert_eq!((ended.status(), ended.error()), (Status::Failed, Some(missing)));
    assert_eq!(output, json!(["https://files/a"]), "what came before is there");
}

/// What the author's code yielded before it failed is still published, and its error is the one that is told.
#[tokio::test(flavor = "multi_thread")]
async fn author_code_that_fails_keeps_what_it_has_yielded() {
    let mut house = House::open().await;
    for (end, error) in [("fail", "the author's error"), ("panic", "the model panicked: boom")] {
        for is_accepted in [true, false] {
            let prediction = house.submit(&["file a.png", "text", end]);
            let asked = house.asked(1).await.remove(0);
            house.slot_is_free().await;
            let expected = if is_accepted {
                asked.accept();
                json!(["https://files/a.png", "text"])
            } else {
                asked.refuse();
                Value::Null
            };
            let (ended, output) = house.end(&prediction).await;
            assert_eq!((ended.status(), ended.error(), output), (Status::Failed, Some(error), expected));
        }
    }
}
