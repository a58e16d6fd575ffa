//! Files in and out, and what is left of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cog_core::{
    Engine, EngineConfig, Fetch, FetchError, FetchRequest, Input, Output, Path, Predictor, Request, Result,
    Scope, Setup, Status, Value, async_trait, json,
};
use tokio::sync::Barrier;

use crate::support::soon;

#[derive(Input)]
struct Pages {
    cover: Path,
    pages: Vec<Path>,
    appendix: Option<Appendix>,
    #[input(default = "return")]
    then: String,
}

#[derive(Input)]
struct Appendix {
    tables: BTreeMap<String, Path>,
}

#[derive(Output)]
struct Book {
    texts: Vec<String>,
    cover: Path,
    parts: BTreeMap<String, Vec<Path>>,
    missing: Option<Path>,
}

struct Binder;

impl Predictor for Binder {
    type Input = Pages;
    type Output = Book;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Pages, scope: Scope) -> Result<Book> {
        let tables = input.appendix.iter().flat_map(|appendix| appendix.tables.values());
        let texts = std::iter::once(&input.cover).chain(&input.pages).chain(tables);
        let texts = texts.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        let own = scope.directory()?.join("own.html");
        std::fs::write(&own, "<p>")?;
        let missing = match &*input.then {
            "panic" => panic!("boom"),
            "wait" => std::future::pending().await,
            "miss" => Some(Path::from("not/there.png")),
            _ => None,
        };
        let bytes = Path::from_bytes("../../etc/notes.txt", "from memory");
        Ok(Book {
            texts,
            cover: input.cover,
            parts: BTreeMap::from([("a".to_owned(), vec![Path::from(own), bytes])]),
            missing,
        })
    }
}

async fn bindery(fetcher: Option<Arc<dyn Fetch>>) -> (Engine, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let temp_directory = Some(directory.path().to_owned());
    let engine =
        Engine::start::<Binder>(EngineConfig { fetcher, temp_directory, ..EngineConfig::default() }).unwrap();
    engine.ready().await.unwrap();
    (engine, directory)
}

fn entries(directory: &tempfile::TempDir) -> usize {
    std::fs::read_dir(directory.path()).unwrap().count()
}

fn pages(then: &str) -> Value {
    json!({
        "cover": "data:,cover",
        "pages": ["data:text/plain;base64,b25l", "DATA:text/plain,two%20words"],
        "appendix": { "tables": { "x": "data:,table" } },
        "then": then,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_and_published_wherever_they_are() {
    let (engine, directory) = bindery(None).await;
    let prediction = soon(engine.submit(Request::new(pages("return"))).unwrap().completed()).await;
    assert_eq!(prediction.error(), None);
    let output: Value = prediction.output_json().unwrap().parse().unwrap();
    assert_eq!(
        output,
        json!({
            "texts": ["cover", "one", "two words", "table"],
            "cover": "data:text/plain;base64,Y292ZXI=",
            "parts": { "a": ["data:text/html;base64,PHA+", "data:text/plain;base64,ZnJvbSBtZW1vcnk="] },
            "missing": null,
        })
    );
    assert_eq!(entries(&directory), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_after_a_panic_a_cancel_or_a_failure() {
    let (engine, directory) = bindery(None).await;
    for (then, status) in [("panic", Status::Failed), ("wait", Status::Canceled), ("miss", Status::Failed)] {
        let handle = engine.submit(Request::new(pages(then))).unwrap();
        if then == "wait" {
            let mut events = handle.events();
            soon(events.next()).await.unwrap().unwrap();
            handle.cancel();
        }
        let prediction = soon(handle.completed()).await;
        assert_eq!(prediction.status(), status, "{then}: {:?}", prediction.error());
        if then == "miss" {
            assert!(prediction.error().unwrap().contains("not/there.png"), "{:?}", prediction.error());
        }
        assert_eq!(entries(&directory), 0, "{then}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_fail_with_the_name_of_the_input() {
    let (engine, directory) = bindery(None).await;
    for (page, reason) in [
        ("data:;base64,####", "Input validation error: pages/0: the data URL's base64 is broken"),
        ("data:;base64,b25oX", "Input validation error: pages/0: the data URL's base64 is broken"),
        ("data:nothing", "Input validation error: pages/0: not a data URL: it has no comma"),
        ("http://127.0.0.1/x", "Input validation error: pages/0: only `data:` URLs can be read here"),
    ] {
        let input = json!({ "cover": "data:,x", "pages": [page] });
        let prediction = soon(engine.submit(Request::new(input)).unwrap().completed()).await;
        assert_eq!((prediction.status(), prediction.error()), (Status::Failed, Some(reason)), "{page}");
        assert_eq!(entries(&directory), 0);
    }
}

/// Gives each file only when all are being asked for.
struct AllAtOnce(Barrier, AtomicUsize);

#[async_trait]
impl Fetch for AllAtOnce {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<PathBuf, FetchError> {
        self.0.wait().await;
        self.1.fetch_add(1, Ordering::SeqCst);
        if request.url.ends_with("bad") {
            return Err(FetchError::new("gone"));
        }
        let path = request.directory.join("same name");
        std::fs::write(&path, request.url).map_err(FetchError::new)?;
        Ok(path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_fetched_at_the_same_time_and_keep_their_places() {
    let fetcher = Arc::new(AllAtOnce(Barrier::new(4), AtomicUsize::new(0)));
    let (engine, _directory) = bindery(Some(Arc::clone(&fetcher) as _)).await;
    let input = json!({ "cover": "http://a/0", "pages": ["http://a/1", "https://a/2", "http://a/3"] });
    let prediction = soon(engine.submit(Request::new(input)).unwrap().completed()).await;
    let output: Value = prediction.output_json().unwrap().parse().unwrap();
    assert_eq!(output["texts"], json!(["http://a/0", "http://a/1", "https://a/2", "http://a/3"]));

    let input = json!({ "cover": "http://a/0", "pages": ["http://a/1", "http://a/bad", "http://a/3"] });
    let prediction = soon(engine.submit(Request::new(input)).unwrap().completed()).await;
    assert_eq!(prediction.error(), Some("Input validation error: pages/1: gone"));
}
