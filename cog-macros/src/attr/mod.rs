//! The syntax of `#[input(..)]`, `#[output(..)]`, `#[choice(..)]` and `#[choices(..)]`.
//!
//! Here a list of `name = value` is read and each value is asked for what it has to be. What values are allowed together, and on
//! which type, is not decided here.

mod names;
mod settings;
mod values;

pub(crate) use self::names::*;
pub(crate) use self::settings::Settings;
pub(crate) use self::values::{Bound, ChoiceList, Default, Length, Pattern};
