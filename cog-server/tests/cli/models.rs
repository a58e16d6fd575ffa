//! Predictors for the tests: one that tells what it was given, and one for each sort of output.

use std::path::PathBuf;

use cog_core::{
    Choices, ConcatenateStream, Input, Output, OutputStream, Path, Predictor, Result, Scope, Secret, Setup,
    Value, anyhow, json,
};
use futures::stream::{self, StreamExt};

#[derive(Choices, Clone, Copy, Debug)]
pub(crate) enum Style {
    Plain,
    #[choice("very-fancy")]
    Fancy,
}

/// A file inside a struct.
#[derive(Input)]
pub(crate) struct Pair {
    left: Path,
    right: Option<Path>,
}

#[derive(Input)]
pub(crate) struct Everything {
    /// A text.
    ///
    /// Which is told at length.
    text: Option<String>,
    #[input(ge = 1, le = 10, default = 3)]
    whole: i64,
    part: Option<f64>,
    flag: Option<bool>,
    style: Option<Style>,
    #[input(choices = [2, 4])]
    scale: Option<u8>,
    tags: Option<Vec<String>>,
    numbers: Option<Vec<i64>>,
    image: Option<Path>,
    images: Option<Vec<Path>>,
    pair: Option<Pair>,
    anything: Option<Value>,
    key: Option<Secret>,
}

/// Tells what it was given.
pub(crate) struct Teller;

impl Predictor for Teller {
    type Input = Everything;
    type Output = Value;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Everything, _: Scope) -> Result<Value> {
        let file = |file: &Path| -> Result<Value> {
            let name = file.file_name().unwrap().to_string_lossy();
            Ok(json!(format!("{name}: {}", String::from_utf8(file.read()?.to_vec())?)))
        };
        let files = |files: &Vec<Path>| files.iter().map(file).collect::<Result<Vec<_>>>();
        let mut told = json!({
            "text": input.text,
            "whole": input.whole,
            "part": input.part,
            "flag": input.flag,
            "style": input.style.map(|style| format!("{style:?}")),
            "scale": input.scale,
            "tags": input.tags,
            "numbers": input.numbers,
            "image": input.image.as_ref().map(file).transpose()?,
            "images": input.images.as_ref().map(files).transpose()?,
            "left": input.pair.as_ref().map(|pair| file(&pair.left)).transpose()?,
            "right": input.pair.and_then(|pair| pair.right).as_ref().map(file).transpose()?,
            "anything": input.anything,
            "key": input.key.map(|key| key.expose().len()),
        });
        told.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        Ok(told)
    }
}

#[derive(Input)]
pub(crate) struct Order {
    /// How many there shall be.
    #[input(default = 2)]
    count: usize,
    /// A file to make when the prediction lets go of what it holds.
    marker: Option<String>,
}

/// Makes a file when dropped.
struct Marker(Option<PathBuf>);

impl Drop for Marker {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            std::fs::write(path, "").unwrap();
        }
    }
}

/// Writes word by word, and then waits for ever if it has a marker.
pub(crate) struct Writer;

impl Predictor for Writer {
    type Input = Order;
    type Output = ConcatenateStream<'static>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, order: Order, scope: Scope) -> Result<ConcatenateStream<'_>> {
        let marker = Marker(order.marker.map(PathBuf::from));
        let words = stream::iter(0..order.count).map(move |number| {
            scope.log(format!("writing {number}"));
            format!("word{number} ")
        });
        let last = stream::once(async move {
            if marker.0.is_some() {
                std::future::pending::<()>().await;
            }
            String::new()
        });
        Ok(ConcatenateStream::new(words.chain(last.filter(|_| std::future::ready(false)))))
    }
}

fn drawing(number: usize) -> Path {
    Path::from_bytes("drawing.svg", format!("<svg id='{number}'/>"))
}

/// Makes a file.
pub(crate) struct Painter;

impl Predictor for Painter {
    type Input = Order;
    type Output = Path;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Order, _: Scope) -> Result<Path> {
        Ok(drawing(0))
    }
}

/// Makes files one after the other.
pub(crate) struct Gallery;

impl Predictor for Gallery {
    type Input = Order;
    type Output = OutputStream<'static, Path>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, order: Order, _: Scope) -> Result<OutputStream<'_, Path>> {
        Ok(OutputStream::from_iter((0..order.count).map(drawing)))
    }
}

#[derive(Output)]
pub(crate) struct Labeled {
    label: String,
    drawing: Path,
}

/// Makes a struct with a file in it.
pub(crate) struct Labeler;

impl Predictor for Labeler {
    type Input = Order;
    type Output = Labeled;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Order, _: Scope) -> Result<Labeled> {
        Ok(Labeled { label: "a drawing".to_owned(), drawing: drawing(0) })
    }
}

/// Makes objects one after the other.
pub(crate) struct Counter;

impl Predictor for Counter {
    type Input = Order;
    type Output = OutputStream<'static, Value>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, order: Order, _: Scope) -> Result<OutputStream<'_, Value>> {
        Ok(OutputStream::from_iter((0..order.count).map(|number| json!({ "number": number }))))
    }
}

/// Says a word and then blocks its thread for ever, whatever it is told.
pub(crate) struct Stubborn;

impl Predictor for Stubborn {
    type Input = Order;
    type Output = ConcatenateStream<'static>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Order, _: Scope) -> Result<ConcatenateStream<'_>> {
        let never = std::iter::from_fn(|| {
            loop {
                std::thread::park();
            }
        });
        Ok(ConcatenateStream::from_iter(std::iter::once("no".to_owned()).chain(never)))
    }
}

/// Fails, or never is set up: as its weights say.
pub(crate) struct Unlucky;

impl Predictor for Unlucky {
    type Input = Order;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        match setup.weights().map(ToString::to_string).as_deref() {
            Some("hang") => std::future::pending().await,
            Some("fail") => {
                cog_core::current_scope().log("looking for weights");
                Err(anyhow::anyhow!("no such weights").context("cannot load"))
            }
            _ => Ok(Self),
        }
    }

    async fn predict(&self, _: Order, scope: Scope) -> Result<String> {
        scope.log("so far so good");
        Err(anyhow::anyhow!("cause").context("reason"))
    }
}
