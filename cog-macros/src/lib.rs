//! The derive macros of `cog-core`: `Input`, `Output` and `Choices`.
//!
//! Tokens in, tokens out; the types and traits that the generated code names are all in `cog-core`, which re-exports these macros.
//! A derive goes through the modules in this order: `attr` reads the syntax of attributes, `model` makes a tree of what was written,
//! `check` applies the rules that concern more than one token, `expand` writes the impls. A mistake never stops the reading:
//! [`Ctxt`](ctxt::Ctxt) collects them all, and `fallback` writes them next to stub impls, so that the author sees their own mistakes
//! and none that follow from them.

// In reading order.
mod ctxt;
mod derive;

mod attr;
mod doc;
mod literal;
mod types;

mod check;
mod model;
mod pattern;

mod expand;
mod fallback;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes a struct what a predictor takes, or a part of it.
#[proc_macro_derive(Input, attributes(input))]
pub fn derive_input(tokens: TokenStream) -> TokenStream {
    derive::input(tokens.into()).into()
}

/// Makes a struct an output, or a part of one.
#[proc_macro_derive(Output, attributes(output))]
pub fn derive_output(tokens: TokenStream) -> TokenStream {
    derive::output(tokens.into()).into()
}

/// Makes an enum without data a fixed set of values.
#[proc_macro_derive(Choices, attributes(choice, choices))]
pub fn derive_choices(tokens: TokenStream) -> TokenStream {
    derive::choices(tokens.into()).into()
}
