//! The Rust code of every page is compiled: `src/lib.rs` has them all.

use std::fs;
use std::path::Path;

#[test]
fn every_page_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let compiled = fs::read_to_string(root.join("xtask/src/lib.rs")).unwrap();
    let mut pages = 0;
    for entry in fs::read_dir(root.join("docs/guide")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let include = format!("include_str!(\"../../docs/guide/{name}\")");
        assert!(compiled.contains(&include), "`{include}` is missing in `xtask/src/lib.rs`");
        pages += 1;
    }
    assert!(pages >= 3, "only {pages} pages were found");
}
