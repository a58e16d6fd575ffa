//! The predictor: a picture and a scale in, a larger picture out.

use std::borrow::Cow;
use std::time::Instant;

use cog_core::{
    Input, Path, Predictor, Result, Scope, Setup,
    anyhow::{Context, bail},
    candle, current_scope,
    picture::{Limits, Picture},
};

use crate::Upscaler;

/// The weights that the program carries, so that it runs without a download.
const EMBEDDED: [(&str, &[u8]); 2] = [
    ("x2.safetensors", include_bytes!("../weights/x2.safetensors")),
    ("x4.safetensors", include_bytes!("../weights/x4.safetensors")),
];

/// What a client asks for.
#[derive(Debug, Input)]
pub struct Request {
    /// Picture to enlarge: PNG, JPEG or WebP.
    pub image: Path,
    /// How many times wider and higher it becomes.
    #[input(default = 4, choices = [2, 4])]
    pub scale: u32,
}

/// One network for each scale.
#[derive(Debug)]
pub struct Upscale {
    models: Vec<Upscaler>,
}

impl Predictor for Upscale {
    type Input = Request;
    type Output = Path;

    async fn setup(setup: &Setup) -> Result<Self> {
        let device = candle::device(setup)?;
        let models = files(setup).await?.into_iter().map(|(name, weights)| {
            let model = Upscaler::load(&weights, &device).with_context(|| format!("cannot load `{name}`"))?;
            current_scope().log(format_args!("loaded `{name}`: {} times larger", model.scale()));
            Ok(model)
        });
        Ok(Self { models: models.collect::<Result<_>>()? })
    }

    async fn predict(&self, request: Request, scope: Scope) -> Result<Path> {
        let Some(model) = self.models.iter().find(|model| model.scale() == request.scale) else {
            let loaded: Vec<_> = self.models.iter().map(|model| model.scale().to_string()).collect();
            bail!("no weights are loaded for scale {}; loaded are: {}", request.scale, loaded.join(", "));
        };
        let began = Instant::now();
        let picture = Picture::open(&request.image, &Limits::default())?;
        scope.record_metric("timing.read", began.elapsed().as_secs_f64())?;

        let began = Instant::now();
        let colour = model.upscale(picture.colour(), |done, total| {
            scope.progress_with(done as f64 / total as f64, format_args!("tile {done} of {total}"));
            Ok(scope.check()?)
        })?;
        scope.record_metric("timing.upscale", began.elapsed().as_secs_f64())?;
        scope.record_metric("pixels", u64::from(colour.width()) * u64::from(colour.height()))?;

        let began = Instant::now();
        let png = picture.with_colour(colour).to_png()?;
        scope.record_metric("timing.write", began.elapsed().as_secs_f64())?;
        Ok(Path::from_bytes("upscaled.png", png))
    }
}

/// Reads the weights that `setup` names, a file or a directory of them, or else takes those that the program carries.
async fn files(setup: &Setup) -> Result<Vec<(String, Cow<'static, [u8]>)>> {
    let Some(weights) = setup.weights() else {
        let embedded = EMBEDDED.into_iter();
        return Ok(embedded.map(|(name, weights)| (name.to_owned(), Cow::Borrowed(weights))).collect());
    };
    let path = setup.locate(weights).await?;
    let read = |path: &std::path::Path| {
        let weights = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok((path.display().to_string(), Cow::Owned(weights)))
    };
    if !path.is_dir() {
        return Ok(vec![read(&path)?]);
    }
    let entries = std::fs::read_dir(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "safetensors"));
    paths.sort();
    if paths.is_empty() {
        bail!("there is no `.safetensors` file in `{}`", path.display());
    }
    paths.iter().map(|path| read(path)).collect()
}
