//! The code for CUDA, type-checked where there is neither a GPU nor a driver.
//!
//! candle compiles its kernels even for a check, so NVIDIA's compiler is fetched, which is a handful of Python packages. Nothing is
//! linked and nothing runs: what the kernels compute is shown by none of this.
//!
//! What is compiled is kept in `target/cuda`, apart from everything else, as any other build there would have candle without CUDA. The
//! kernels come in two groups, first PTX and then a library. Where a run is cut, the next one begins with the group that was not done.

use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::python::Python;
use crate::workspace::{Workspace, say};

/// The compute capability without its dot. This is the oldest one that all kernels are compiled for: those for `bf16` are left out
/// for older GPUs.
const COMPUTE_CAP: &str = "80";

/// The CUDA of `cuda/requirements.txt`, as `cudarc` writes it.
const CUDA_VERSION: &str = "13000";

/// What is checked in turn. Examples have no feature `cudnn`, but what they are made of has.
const FEATURES: [&str; 2] = ["cuda", "cuda,cudnn"];

/// Checks `cog-core` and all examples that compute with candle, lints included.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let metadata = workspace.output_of(["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata = serde_json::from_str(&metadata)?;
    let examples = examples(&metadata)?;
    let home = Python::install(workspace, "cuda")?.packages.join("nvidia/cu13");
    let threads = thread::available_parallelism()?.to_string();
    let (target, nvcc) = (workspace.target.join("cuda"), home.join("bin/nvcc"));
    say(format_args!(
        "The first time compiles the kernels of candle for sm_{COMPUTE_CAP}, which takes two cores more than ten minutes. They are kept \
         in `{}`.",
        target.display()
    ))?;
    let variables = [
        ("CARGO_TARGET_DIR", &*target.to_string_lossy()),
        ("CUDA_HOME", &*home.to_string_lossy()),
        ("NVCC", &*nvcc.to_string_lossy()),
        ("CUDA_COMPUTE_CAP", COMPUTE_CAP),
        ("CUDARC_CUDA_VERSION", CUDA_VERSION),
        ("CUDAFORGE_THREADS", &*threads),
    ];
    for features in FEATURES {
        let start = Instant::now();
        // All at once: alone, one may have another set of features of some dependency, and then the kernels are compiled again.
        let mut arguments =
            vec!["clippy", "--locked", "--all-targets", "--features", features, "-p", "cog-core"];
        arguments.extend(examples.iter().flat_map(|name| ["-p", *name]));
        arguments.extend(["--", "-D", "warnings"]);
        workspace.cargo_with(&variables, &arguments)?;
        let seconds = start.elapsed().as_secs_f64();
        say(format_args!("ok: `{features}` of cog-core, {} in {seconds:.1} s", examples.join(", ")))?;
    }
    Ok(())
}

/// The examples that compute with candle, of which each has to have a feature `cuda`.
fn examples(metadata: &Value) -> Result<Vec<&str>> {
    let root = metadata["workspace_root"].as_str().context("`cargo metadata` names no workspace")?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` names no packages")?;
    let directory = Path::new(root).join("examples");
    let mut names = Vec::new();
    for package in packages.iter().filter(|package| is_below(&directory, package) && needs_candle(package)) {
        let name = package["name"].as_str().context("`cargo metadata` has a package without a name")?;
        ensure!(
            !package["features"]["cuda"].is_null(),
            "the example `{name}` has no feature `cuda`; add `cuda = [\"cog-core/cuda\"]` to its `Cargo.toml`"
        );
        names.push(name);
    }
    ensure!(!names.is_empty(), "no example needs candle, so nothing would be checked");
    Ok(names)
}

fn is_below(directory: &Path, package: &Value) -> bool {
    package["manifest_path"].as_str().is_some_and(|path| Path::new(path).starts_with(directory))
}

fn needs_candle(package: &Value) -> bool {
    let mut dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies.any(|it| it["name"].as_str().is_some_and(|name| name.starts_with("candle-")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(packages: &[Value]) -> Value {
        json!({ "workspace_root": "/examples", "packages": packages })
    }

    fn package(path: &str, dependency: &str, features: &Value) -> Value {
        let name = path.rsplit('/').next();
        json!({
            "name": name,
            "manifest_path": format!("/examples/{path}/Cargo.toml"),
            "dependencies": [{ "name": "cog-core" }, { "name": dependency }],
            "features": features,
        })
    }

    #[test]
    fn examples_that_compute_are_found() {
        let metadata = metadata(&[
            package("cog-core", "candle-core", &json!({ "cuda": [] })),
            package("examples/embed", "candle-transformers", &json!({ "cuda": ["cog-core/cuda"] })),
            package("examples/hello-world", "serde", &json!({})),
            package("examples/upscale", "candle-nn", &json!({ "cuda": ["cog-core/cuda"] })),
        ]);
        assert_eq!(examples(&metadata).unwrap(), ["embed", "upscale"]);
    }

    #[test]
    fn one_without_the_feature_is_an_error() {
        let metadata = metadata(&[package("examples/embed", "candle-core", &json!({ "mkl": [] }))]);
        let error = examples(&metadata).unwrap_err().to_string();
        assert!(error.contains("`embed` has no feature `cuda`"), "{error}");
    }

    #[test]
    fn no_example_at_all_is_an_error() {
        for metadata in [json!({}), metadata(&[])] {
            assert!(examples(&metadata).is_err(), "{metadata}");
        }
    }
}
