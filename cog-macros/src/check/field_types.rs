//! Types that no field can have, and the type to write instead.

use quote::ToTokens;
use syn::{Ident, Lifetime, PathSegment, Type};

use super::Side;
use crate::ctxt::Ctxt;
use crate::types::{Origin, Shown, argument, named, peel};

/// Reports every part of `ty` that cannot be a field of `owner`.
pub(super) fn check(cx: &Ctxt, ty: &Type, side: Side, owner: &Ident) {
    match peel(ty) {
        Type::Reference(reference) => {
            let is_static = |lifetime: &Lifetime| lifetime.ident == "static";
            if side == Side::Output
                && is_str(&reference.elem)
                && reference.lifetime.as_ref().is_some_and(is_static)
            {
                return;
            }
            cx.error_at(
                ty,
                format!("{} owns what it holds: write `{}`", side.noun(), owned(&reference.elem)),
            );
        }
        Type::Slice(slice) => {
            cx.error_at(ty, format!("lists are of any length: write `Vec<{}>`", Shown(&slice.elem)));
        }
        Type::Array(array) => {
            cx.error_at(ty, format!("lists are of any length: write `Vec<{}>`", Shown(&array.elem)));
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() && side == Side::Input => {
            cx.error_at(ty, "`()` holds nothing to send: remove the field");
        }
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            let derive = if side == Side::Input { "Input" } else { "Output" };
            cx.error_at(
                tuple,
                format!(
                    "JSON has no tuples: write a struct with `#[derive(cog_core::{derive})]`, or a `Vec`"
                ),
            );
        }
        Type::Path(_) => {
            if let Some((segment, origin)) = named(ty) {
                check_path(cx, ty, segment, origin, side, owner);
            }
        }
        // The compiler says best what is wrong with the others.
        _ => {}
    }
}

fn check_path(cx: &Ctxt, ty: &Type, segment: &PathSegment, origin: Origin, side: Side, owner: &Ident) {
    let name = segment.ident.to_string();
    let refuse = |message: String| cx.error_at(ty, message);
    let first = || argument(segment, 0).map_or_else(|| "T".to_owned(), owned);
    if origin == Origin::Bare && (segment.ident == *owner || name == "Self") {
        return refuse(format!(
            "`{owner}` within `{owner}` has a schema without end: wrap it in `cog_core::Json`, or write the levels out"
        ));
    }
    match (name.as_str(), origin) {
        ("Secret", Origin::Bare | Origin::Cog) if side == Side::Output => {
            refuse(
                "a secret cannot be an output: remove the field, or write `String` if everybody may see it"
                    .to_owned(),
            );
        }
        (_, Origin::Cog | Origin::SerdeJson | Origin::Other) => {}
        ("Path", Origin::Std) | ("PathBuf", _) => {
            refuse("files travel as `cog_core::Path`: write that".to_owned());
        }
        ("char", _) => refuse("JSON has no characters: write `String`".to_owned()),
        ("str" | "OsString" | "CString", _) => {
            refuse(format!("texts are `String`: write that instead of `{name}`"));
        }
        ("HashMap" | "BTreeMap", _) => {
            let value = argument(segment, 1);
            if let Some(key) = argument(segment, 0)
                && !is_string(key)
            {
                let value = value.map_or_else(|| "T".to_owned(), |ty| Shown(ty).to_string());
                cx.error_at(
                    key,
                    format!("the keys of a JSON object are texts: write `{name}<String, {value}>`"),
                );
            }
            value.into_iter().for_each(|value| check(cx, value, side, owner));
        }
        ("HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap", _) => {
            refuse(format!("lists are `Vec`: write `Vec<{}>`", first()));
        }
        ("Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock", _) => {
            refuse(format!("{} holds its values itself: write `{}`", side.noun(), first()));
        }
        ("Cow", _) => refuse(format!("{} owns what it holds: write `{}`", side.noun(), first())),
        (name, _) if name.starts_with("NonZero") => {
            let primitive = match name.trim_start_matches("NonZero") {
                "" => first(),
                primitive => primitive.to_lowercase(),
            };
            let setting = if side == Side::Input && primitive.starts_with('u') {
                " with `#[input(ge = 1)]`"
            } else {
                ""
            };
            refuse(format!("`{name}` has no JSON of its own: write `{primitive}`{setting}"));
        }
        ("Option" | "Vec", _) => {
            argument(segment, 0).into_iter().for_each(|inner| check(cx, inner, side, owner));
        }
        _ => {}
    }
}

/// The type that owns what `ty` is: `String` for `str`.
fn owned(ty: &Type) -> String {
    match (peel(ty), named(ty)) {
        (Type::Slice(slice), _) => format!("Vec<{}>", Shown(&slice.elem)),
        (_, Some((segment, Origin::Std))) if segment.ident == "Path" => "cog_core::Path".to_owned(),
        (_, Some((segment, _))) if segment.ident == "PathBuf" => "cog_core::Path".to_owned(),
        _ if is_str(ty) => "String".to_owned(),
        _ => Shown(ty).to_string(),
    }
}

fn is_str(ty: &Type) -> bool {
    peel(ty).to_token_stream().to_string() == "str"
}

fn is_string(ty: &Type) -> bool {
    // A key under another name may be an alias of `String`.
    named(ty).is_some_and(|(segment, _)| {
        let name = segment.ident.to_string();
        !matches!(
            name.as_str(),
            "i8" | "i16"
                | "i32"
                | "i64"
                | "i128"
                | "isize"
                | "u8"
                | "u16"
                | "u32"
                | "u64"
                | "u128"
                | "usize"
                | "bool"
                | "char"
                | "f32"
                | "f64"
                | "PathBuf"
        )
    })
}
