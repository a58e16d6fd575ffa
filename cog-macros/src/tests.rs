//! Snapshots of the generated code.
//!
//! Each file of `tests/expand` holds a type with derives; the file of the same name that ends in `.expanded.rs` holds what they write
//! for it. Run with `COG_MACROS_OVERWRITE=1` to write these files anew, and review what changed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{File, Item, Token};

use crate::derive;

#[test]
fn generated_code_is_as_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let sources = files.iter().filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"));
    let mut changed = Vec::new();
    for source in sources {
        let expanded = expand(&fs::read_to_string(source).unwrap());
        let snapshot = source.with_extension("expanded.rs");
        if env::var_os("COG_MACROS_OVERWRITE").is_some() {
            fs::write(snapshot, expanded).unwrap();
        } else if fs::read_to_string(&snapshot).unwrap_or_default() != expanded {
            changed.push(format!("{}\n{expanded}", snapshot.display()));
        }
    }
    assert!(changed.is_empty(), "not as reviewed:\n{}", changed.join("\n"));
}

/// Runs the derives that `source` asks for, and formats what they write.
fn expand(source: &str) -> String {
    let file: File = syn::parse_str(source).unwrap();
    let expanded: TokenStream = file.items.into_iter().map(expand_item).collect();
    prettyplease::unparse(&syn::parse2(expanded).unwrap())
}

fn expand_item(mut item: Item) -> TokenStream {
    let attributes = match &mut item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Union(item) => &mut item.attrs,
        _ => panic!("neither a struct nor an enum nor a union"),
    };
    // The compiler takes the derives off, too.
    let derives: Vec<_> =
        attributes.extract_if(.., |attribute| attribute.path().is_ident("derive")).collect();
    let derives = derives.iter().flat_map(|attribute| {
        attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated).unwrap()
    });
    let expand = |name: syn::Path| {
        let item = item.to_token_stream();
        match name.require_ident().unwrap().to_string().as_str() {
            "Input" => derive::input(item),
            "Output" => derive::output(item),
            "Choices" => derive::choices(item),
            other => panic!("no derive is called `{other}`"),
        }
    };
    derives.map(expand).collect()
}
