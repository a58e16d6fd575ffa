//! The way of a derive through the other modules. Pure functions, which run without a compiler around them.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::ctxt::Ctxt;
use crate::model::{ChoicesEnum, InputStruct, OutputStruct};
use crate::{check, expand, fallback};

pub(crate) fn input(tokens: TokenStream) -> TokenStream {
    derive(tokens, fallback::input, |cx, node| {
        let model = InputStruct::from_syn(&cx, node);
        if let Some(model) = &model {
            check::input(&cx, model);
        }
        cx.finish(model).map(|model| expand::input(&model))
    })
}

pub(crate) fn output(tokens: TokenStream) -> TokenStream {
    derive(tokens, fallback::output, |cx, node| {
        let model = OutputStruct::from_syn(&cx, node);
        if let Some(model) = &model {
            check::output(&cx, model);
        }
        cx.finish(model).map(|model| expand::output(&model))
    })
}

pub(crate) fn choices(tokens: TokenStream) -> TokenStream {
    derive(tokens, fallback::choices, |cx, node| {
        let model = ChoicesEnum::from_syn(&cx, node);
        if let Some(model) = &model {
            check::choices(&cx, model);
        }
        cx.finish(model).map(|model| expand::choices(&model))
    })
}

fn derive(
    tokens: TokenStream,
    stub: fn(&DeriveInput) -> TokenStream,
    expand: fn(Ctxt, &DeriveInput) -> syn::Result<TokenStream>,
) -> TokenStream {
    match syn::parse2(tokens) {
        Ok(node) => expand(Ctxt::default(), &node)
            .unwrap_or_else(|errors| fallback::with_errors(&errors, &stub(&node))),
        Err(error) => error.into_compile_error(),
    }
}
