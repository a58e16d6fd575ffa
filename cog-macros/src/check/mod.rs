//! Rules that concern more than one token: a setting and the type under it, two settings, two fields.
//!
//! What can be judged by the way it is written is judged here, with a message that says what to write. The generated code asks the
//! compiler about the rest.

mod choices;
mod constraints;
mod defaults;
mod field_types;
mod structs;

use crate::ctxt::Ctxt;
use crate::model::{ChoicesEnum, InputStruct, OutputStruct};

/// Whether a struct is read or written, for rules in which the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Input,
    Output,
}

pub(crate) fn input(cx: &Ctxt, model: &InputStruct<'_>) {
    let fields: Vec<_> = model.fields.iter().map(|field| &field.field).collect();
    structs::check(cx, model.original, Side::Input, &fields);
    for field in &fields {
        field_types::check(cx, &field.original.ty, Side::Input, &model.original.ident);
    }
    for field in &model.fields {
        let pattern = constraints::check(cx, field);
        defaults::check(cx, field, pattern.as_ref());
    }
}

pub(crate) fn output(cx: &Ctxt, model: &OutputStruct<'_>) {
    let fields: Vec<_> = model.fields.iter().map(|field| &field.field).collect();
    structs::check(cx, model.original, Side::Output, &fields);
    for field in &fields {
        field_types::check(cx, &field.original.ty, Side::Output, &model.original.ident);
    }
}

pub(crate) fn choices(cx: &Ctxt, model: &ChoicesEnum<'_>) {
    choices::check(cx, model);
}

impl Side {
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Input => "an input",
            Self::Output => "an output",
        }
    }

    /// The trait that types of this side implement.
    pub(crate) const fn value_trait(self) -> &'static str {
        match self {
            Self::Input => "InputValue",
            Self::Output => "OutputValue",
        }
    }
}
