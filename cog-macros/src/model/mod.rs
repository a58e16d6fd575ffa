//! What the author wrote, as a tree. Every node keeps the syntax that it comes from, for errors to point at.
//!
//! Reading reports what is wrong with one setting. The rest is for `check`.

mod choices;
mod structs;

pub(crate) use self::choices::{ChoiceValue, ChoicesEnum, Variant};
pub(crate) use self::structs::{Field, InputField, InputStruct, OutputStruct};
