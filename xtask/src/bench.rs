//! The benchmarks with all that they compare: what is built as it is shipped, and the servers that are not ours.
//!
//! `benches` measures; here it is built, with the examples that it starts, and given the peers and the weights. A peer that cannot be
//! installed is named with the reason, and the others are measured.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::models;
use crate::python::Python;
use crate::workspace::{Workspace, say};

/// What is measured is built so, with all of its parts: the bare handlers too.
const PROFILE: &str = "dist";

/// Each has its list in `xtask/bench`, and `benches/src/peers.rs` knows how to start it. With the parts that it takes part in.
const PEERS: [(&str, &[&str]); 3] =
    [("cog", &["start", "overhead"]), ("litserve", &["overhead"]), ("litserve-embed", &["embed"])];

const PAGE: &str = "docs/performance.md";
const CHART: &str = "docs/images/performance.svg";
const BEGIN: &str = "<!-- the last results begin -->\n";
const END: &str = "<!-- the last results end -->\n";

/// Measures what `options` say, which are those of `benches`, and writes the results into the page if `--write-docs` is among them.
pub(crate) fn run(workspace: &Workspace, options: &[&str]) -> Result<()> {
    let writes_docs = options.contains(&"--write-docs");
    let options: Vec<&str> = options.iter().copied().filter(|option| *option != "--write-docs").collect();
    let is_everything = !options.iter().any(|option| option.starts_with("--part"));
    let wants =
        |part: &str| is_everything || options.iter().any(|it| it.trim_start_matches("--part=") == part);
    workspace.cargo(["build", "--profile", PROFILE, "-p", "benches"])?;
    for (part, example) in [("embed", "embed"), ("models", "embed"), ("models", "generate")] {
        if wants(part) {
            models::run(&[example])?;
            workspace.cargo(["build", "--profile", PROFILE, "-p", example, "--bins", "--examples"])?;
        }
    }

    let mut arguments: Vec<String> =
        ["run", "--quiet", "--profile", PROFILE, "-p", "benches", "--"].map(str::to_owned).into();
    for (peer, parts) in PEERS {
        if !parts.iter().any(|part| wants(part)) {
            continue;
        }
        if let Err(error) = Python::install(workspace, &format!("bench/{peer}")) {
            say(format_args!("`{peer}` will be absent: {error:#}"))?;
            arguments.push(format!("--absent={peer}={error:#}"));
        }
    }
    let output = workspace.target.join("bench");
    arguments.push(format!("--peers={}", workspace.tools().join("bench").display()));
    arguments.push(format!("--output={}", output.display()));
    if is_everything {
        arguments.push("--everything".to_owned());
    }
    arguments.extend(options.iter().map(|&option| option.to_owned()));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    workspace.cargo_with(&[], &arguments)?;
    say(format_args!("wrote `results.md`, `results.json` and `results.svg` to `{}`", output.display()))?;

    if writes_docs {
        let results = fs::read_to_string(output.join("results.md"))?;
        let page = workspace.root.join(PAGE);
        let text = fs::read_to_string(&page).with_context(|| format!("cannot read `{PAGE}`"))?;
        fs::write(page, replaced(&text, &results)?)?;
        fs::copy(output.join("results.svg"), workspace.root.join(CHART))?;
        say(format_args!("wrote them into `{PAGE}` and `{CHART}`"))?;
    }
    Ok(())
}

/// Returns the page with other results between its marks.
fn replaced(page: &str, results: &str) -> Result<String> {
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.with_context(|| format!("`{PAGE}` has no marks for the results"))?;
    ensure!(!results.contains(END), "the results contain the mark of their end");
    let chart = "![Bars of what was measured of several](images/performance.svg)";
    Ok([before, BEGIN, "\n", chart, "\n\n", results, "\n", END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_take_the_place_of_others() {
        let page = format!("# P\n\n{BEGIN}old\n{END}\nmore\n");
        let page = replaced(&page, "| new |\n").unwrap();
        assert!(page.starts_with(&format!("# P\n\n{BEGIN}\n![")), "{page}");
        assert!(page.ends_with(&format!("](images/performance.svg)\n\n| new |\n\n{END}\nmore\n")), "{page}");
        assert_eq!(replaced(&page, "| new |\n").unwrap(), page);
        assert!(replaced("# P\n", "| new |\n").is_err());
    }
}
