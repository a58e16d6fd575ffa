//! The tests that `ARCHITECTURE.md` names are there.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with("What always holds")).unwrap();
    // What stands in backticks is every second part; of those, tests are the ones with a path.
    let tests: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|word| word.contains("::")).collect();
    assert!(tests.len() > 20, "only {tests:?}");
    for test in tests {
        let (path, name) = test.rsplit_once("::").unwrap();
        let file = file_of(root, path);
        let code = fs::read_to_string(&file).unwrap_or_else(|error| panic!("`{}`: {error}", file.display()));
        assert!(code.contains(&format!("fn {name}(")), "there is no `{name}` in `{}`", file.display());
    }
}

fn file_of(root: &Path, path: &str) -> PathBuf {
    let file = match path.split_once("::") {
        Some((binary, theme)) => format!("cog-server/tests/{binary}/{theme}.rs"),
        None => format!("cog-core/tests/engine/{path}.rs"),
    };
    root.join(file)
}
