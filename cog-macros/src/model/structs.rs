//! Structs with `derive(Input)` and `derive(Output)`.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident};

use crate::attr::{
    Bound, CHOICES, ChoiceList, DEFAULT, DEPRECATED, DESCRIPTION, Default, GE, INPUT, LE, Length, MAX_LENGTH,
    MIN_LENGTH, OUTPUT, Pattern, REGEX, RENAME, Settings, Symbol,
};
use crate::ctxt::Ctxt;
use crate::doc;

/// A struct with `derive(Input)`.
pub(crate) struct InputStruct<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) fields: Vec<InputField<'a>>,
}

/// A struct with `derive(Output)`.
pub(crate) struct OutputStruct<'a> {
    pub(crate) original: &'a DeriveInput,
    pub(crate) fields: Vec<OutputField<'a>>,
}

pub(crate) struct InputField<'a> {
    pub(crate) field: Field<'a>,
    pub(crate) default: Option<Default>,
    pub(crate) ge: Option<Bound>,
    pub(crate) le: Option<Bound>,
    pub(crate) min_length: Option<Length>,
    pub(crate) max_length: Option<Length>,
    pub(crate) regex: Option<Pattern>,
    pub(crate) choices: Option<ChoiceList>,
}

pub(crate) struct OutputField<'a> {
    pub(crate) field: Field<'a>,
}

/// What fields of inputs and outputs have in common.
pub(crate) struct Field<'a> {
    pub(crate) original: &'a syn::Field,
    pub(crate) ident: &'a Ident,
    /// The published name.
    pub(crate) name: String,
    /// The tokens that the name comes from.
    pub(crate) name_tokens: TokenStream,
    pub(crate) description: Option<String>,
    pub(crate) is_deprecated: bool,
}

impl<'a> InputStruct<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, original: &'a DeriveInput) -> Option<Self> {
        let fields = named_fields(cx, original, INPUT)?;
        let fields = fields.filter_map(|field| InputField::from_syn(cx, field)).collect();
        Some(Self { original, fields })
    }
}

impl<'a> OutputStruct<'a> {
    pub(crate) fn from_syn(cx: &Ctxt, original: &'a DeriveInput) -> Option<Self> {
        let fields = named_fields(cx, original, OUTPUT)?;
        let fields = fields.filter_map(|field| OutputField::from_syn(cx, field)).collect();
        Some(Self { original, fields })
    }
}

impl<'a> InputField<'a> {
    const SETTINGS: &'static [Symbol] =
        &[DEFAULT, GE, LE, MIN_LENGTH, MAX_LENGTH, REGEX, CHOICES, DESCRIPTION, RENAME, DEPRECATED];

    fn from_syn(cx: &Ctxt, original: &'a syn::Field) -> Option<Self> {
        let mut settings = Settings::parse(cx, &original.attrs, INPUT);
        let this = Self {
            field: Field::from_syn(cx, original, &mut settings)?,
            default: settings.take(cx, DEFAULT).and_then(|setting| setting.default_value(cx)),
            ge: settings.take(cx, GE).and_then(|setting| setting.bound(cx)),
            le: settings.take(cx, LE).and_then(|setting| setting.bound(cx)),
            min_length: settings.take(cx, MIN_LENGTH).and_then(|setting| setting.length(cx)),
            max_length: settings.take(cx, MAX_LENGTH).and_then(|setting| setting.length(cx)),
            regex: settings.take(cx, REGEX).and_then(|setting| setting.pattern(cx)),
            choices: settings.take(cx, CHOICES).and_then(|setting| setting.choice_list(cx)),
        };
        settings.finish(cx, Self::SETTINGS);
        Some(this)
    }
}

impl<'a> OutputField<'a> {
    const SETTINGS: &'static [Symbol] = &[DESCRIPTION, RENAME, DEPRECATED];

    fn from_syn(cx: &Ctxt, original: &'a syn::Field) -> Option<Self> {
        let mut settings = Settings::parse(cx, &original.attrs, OUTPUT);
        let field = Field::from_syn(cx, original, &mut settings)?;
        settings.finish(cx, Self::SETTINGS);
        Some(Self { field })
    }
}

impl<'a> Field<'a> {
    /// Reads what all fields have. Nothing is returned for a field without a name, which a struct of named fields has not.
    fn from_syn(cx: &Ctxt, original: &'a syn::Field, settings: &mut Settings) -> Option<Self> {
        let ident = original.ident.as_ref()?;
        let description = settings.take(cx, DESCRIPTION).and_then(|setting| setting.text(cx, "What it is"));
        let rename = settings.take(cx, RENAME).and_then(|setting| setting.text(cx, "type"));
        let is_deprecated = settings.take(cx, DEPRECATED).and_then(|setting| setting.flag(cx));
        Some(Self {
            original,
            ident,
            name: rename.as_ref().map_or_else(|| ident.unraw().to_string(), syn::LitStr::value),
            name_tokens: rename.map_or_else(|| ident.to_token_stream(), ToTokens::into_token_stream),
            description: description.map(|text| text.value()).or_else(|| doc::description(&original.attrs)),
            is_deprecated: is_deprecated.unwrap_or_default(),
        })
    }
}

/// Returns the fields of a struct that has names for them, and says what to write instead of anything else.
fn named_fields<'a>(
    cx: &Ctxt,
    original: &'a DeriveInput,
    attribute: Symbol,
) -> Option<impl Iterator<Item = &'a syn::Field>> {
    for misplaced in original.attrs.iter().filter(|attr| *attr.path() == attribute) {
        cx.error_at(misplaced, format!("`#[{attribute}(..)]` belongs to a field: write it above one"));
    }
    let derive = if attribute == INPUT { "Input" } else { "Output" };
    let name = &original.ident;
    let fields = match &original.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            cx.error_at(
                data.enum_token,
                format!(
                    "`derive({derive})` is for structs: write `#[derive(cog_core::Choices)]` on an enum of fixed values, \
                     or wrap one with data in `cog_core::Json`"
                ),
            );
            return None;
        }
        Data::Union(data) => {
            cx.error_at(
                data.union_token,
                format!("`derive({derive})` is for structs: write `struct {name}`"),
            );
            return None;
        }
    };
    match fields {
        Fields::Named(fields) => Some(Some(&fields.named).into_iter().flatten()),
        Fields::Unit => Some(None.into_iter().flatten()),
        Fields::Unnamed(fields) => {
            cx.error_at(
                fields,
                format!(
                    "fields are sent by name: write `struct {name} {{ name: .. }}` instead of a tuple struct"
                ),
            );
            None
        }
    }
}
