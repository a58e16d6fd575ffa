//! What can be known of a type from the way it is written.
//!
//! A derive sees names, not types. Names of the standard library and of `cog_core` are taken at their word; anything else is
//! [`Shape::Unknown`], and the compiler judges it by the traits that the generated code asks for.

use std::fmt;

use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath};

/// What values a type holds, as far as its name tells.
pub(crate) enum Shape<'a> {
    Integer(&'static Integer),
    Float { is_single: bool },
    Boolean,
    Text,
    Secret,
    File,
    Any,
    Map,
    List(&'a Type),
    Optional(&'a Type),
    Unknown,
}

/// An integer type.
pub(crate) struct Integer {
    pub(crate) name: &'static str,
    pub(crate) least: i128,
    pub(crate) greatest: i128,
}

const INTEGERS: &[Integer] = &[
    Integer { name: "i8", least: i8::MIN as i128, greatest: i8::MAX as i128 },
    Integer { name: "i16", least: i16::MIN as i128, greatest: i16::MAX as i128 },
    Integer { name: "i32", least: i32::MIN as i128, greatest: i32::MAX as i128 },
    Integer { name: "i64", least: i64::MIN as i128, greatest: i64::MAX as i128 },
    Integer { name: "i128", least: i128::MIN, greatest: i128::MAX },
    Integer { name: "isize", least: i64::MIN as i128, greatest: i64::MAX as i128 },
    Integer { name: "u8", least: 0, greatest: u8::MAX as i128 },
    Integer { name: "u16", least: 0, greatest: u16::MAX as i128 },
    Integer { name: "u32", least: 0, greatest: u32::MAX as i128 },
    Integer { name: "u64", least: 0, greatest: u64::MAX as i128 },
    Integer { name: "u128", least: 0, greatest: i128::MAX },
    Integer { name: "usize", least: 0, greatest: u64::MAX as i128 },
];

/// The crate that a path names, if it names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A name alone, which is what its name says unless the author has a type of the same name.
    Bare,
    Std,
    Cog,
    SerdeJson,
    Other,
}

impl<'a> Shape<'a> {
    /// Returns the shape of `ty` itself: of `Option<u8>`, that it is optional.
    pub(crate) fn of(ty: &'a Type) -> Self {
        let Some((segment, origin)) = named(ty) else { return Self::Unknown };
        let name = segment.ident.to_string();
        let is_std = matches!(origin, Origin::Bare | Origin::Std);
        if is_std && let Some(integer) = INTEGERS.iter().find(|integer| integer.name == name) {
            return Self::Integer(integer);
        }
        match (name.as_str(), origin) {
            ("f32", _) if is_std => Self::Float { is_single: true },
            ("f64", _) if is_std => Self::Float { is_single: false },
            ("bool", _) if is_std => Self::Boolean,
            ("String", _) if is_std => Self::Text,
            ("HashMap" | "BTreeMap", _) if is_std => Self::Map,
            ("Map", Origin::SerdeJson) => Self::Map,
            ("Value", Origin::SerdeJson | Origin::Cog) => Self::Any,
            ("Secret", Origin::Bare | Origin::Cog) => Self::Secret,
            ("Path", Origin::Bare | Origin::Cog) => Self::File,
            ("Option", _) if is_std => argument(segment, 0).map_or(Self::Unknown, Self::Optional),
            ("Vec", _) if is_std => argument(segment, 0).map_or(Self::Unknown, Self::List),
            _ => Self::Unknown,
        }
    }

    /// Returns the type that constraints on `ty` hold for: the `u8` of `Option<Vec<u8>>`.
    pub(crate) fn innermost(ty: &'a Type) -> &'a Type {
        match Self::of(ty) {
            Self::Optional(inner) | Self::List(inner) => Self::innermost(inner),
            _ => peel(ty),
        }
    }

    /// Tells whether no value of type `ty` can hold a file.
    ///
    /// Here only keywords and `String` are taken at their word: an author's own `Value` may well hold files.
    pub(crate) fn is_without_files(ty: &Type) -> bool {
        match Shape::of(ty) {
            Shape::Integer(_) | Shape::Float { .. } | Shape::Boolean | Shape::Text => true,
            Shape::Optional(inner) | Shape::List(inner) => Self::is_without_files(inner),
            _ => false,
        }
    }
}

impl Integer {
    pub(crate) fn holds(&self, number: i128) -> bool {
        (self.least..=self.greatest).contains(&number)
    }
}

/// Returns the last part of the path that `ty` is, and where the path starts.
pub(crate) fn named(ty: &Type) -> Option<(&PathSegment, Origin)> {
    let Type::Path(TypePath { qself: None, path, .. }) = peel(ty) else { return None };
    let last = path.segments.last()?;
    let first = path.segments.first()?;
    let origin = match first.ident.to_string().as_str() {
        _ if path.segments.len() == 1 => Origin::Bare,
        "std" | "core" | "alloc" => Origin::Std,
        "cog_core" => Origin::Cog,
        "serde_json" => Origin::SerdeJson,
        _ => Origin::Other,
    };
    Some((last, origin))
}

/// Returns the type argument at `index`: the `u8` of `Vec<u8>`.
pub(crate) fn argument(segment: &PathSegment, index: usize) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.nth(index)
}

/// Takes off the parentheses, and the invisible ones that `macro_rules` puts around a type.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

/// A type as it is shown in messages.
pub(crate) struct Shown<'a>(pub(crate) &'a Type);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tokens are printed with spaces around each, types are read without.
        let mut text = peel(self.0).to_token_stream().to_string();
        for (spaced, tight) in [
            (" ::", "::"),
            (":: ", "::"),
            (" <", "<"),
            ("< ", "<"),
            (" >", ">"),
            ("& ", "&"),
            (" ,", ","),
            (" ;", ";"),
        ] {
            text = text.replace(spaced, tight);
        }
        formatter.write_str(&text)
    }
}
