//! `docs/environment.md`, written from the list of variables.

use std::fmt::Write as _;
use std::path::Path;

use super::variables::{VARIABLES, Variable, WITHOUT_EFFECT};

/// Run with `COG_OVERWRITE=1` to write the page anew.
#[test]
fn the_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/environment.md");
    let page = page();
    if std::env::var_os("COG_OVERWRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "write it anew: `COG_OVERWRITE=1 cargo test -p cog-server --lib`");
}

fn page() -> String {
    let mut page = "# Environment\n\n\
        Written from the list in `cog-server/src/env`; do not edit. `COG_OVERWRITE=1 cargo test -p cog-server --lib` writes it anew.\n\n\
        A flag wins over its variable, and a variable over [`cog.yaml`](cog-yaml.md). A variable that is empty counts as one that is not set. \
        What is set and makes no sense is warned of at the start, and the default holds; only a `PORT` that is none ends the start, with exit code 1.\n\n\
        | variable | flag | default | meaning |\n|---|---|---|---|\n"
        .to_owned();
    for Variable { name, flag, default, meaning } in VARIABLES {
        let flag = flag.map_or_else(String::new, |flag| format!("`{flag}`"));
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "| `{name}` | {flag} | {default} | {meaning} |");
    }
    page += "\n## Known from Cog, no effect here\n\nThe server warns once at its start when one of these is set.\n\n| variables | why |\n|---|---|\n";
    for (names, reason) in WITHOUT_EFFECT {
        let _ = writeln!(page, "| `{}` | {reason} |", names.join("`, `"));
    }
    page
}
