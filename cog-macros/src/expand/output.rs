//! The impls of `derive(Output)`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{enclose, implement, schema_field};
use crate::model::{Field, OutputStruct};

pub(crate) fn output(model: &OutputStruct<'_>) -> TokenStream {
    let schema = schema(model);
    let encode = encode(model);
    enclose(&implement(
        model.original,
        &quote!(::cog_core::OutputValue),
        &quote! {
            #schema
            #encode
        },
    ))
}

fn schema(model: &OutputStruct<'_>) -> TokenStream {
    let fields =
        model.fields.iter().map(|field| schema_field(&field.field, &quote!(::cog_core::OutputValue)));
    quote! {
        fn schema() -> ::cog_core::Schema {
            ::cog_core::Schema::object(::std::vec::Vec::from([#(#fields),*]))
        }
    }
}

/// The members are written in alphabetical order, as Cog writes the keys of every object.
fn encode(model: &OutputStruct<'_>) -> TokenStream {
    let mut fields: Vec<&Field<'_>> = model.fields.iter().map(|field| &field.field).collect();
    fields.sort_by_key(|field| &field.name);
    let argument = if fields.is_empty() { quote!(_) } else { quote!(members) };
    let members = fields.iter().map(|field| {
        let (ident, name) = (field.ident, &field.name);
        let ty = &field.original.ty;
        let value = quote!(self.#ident);
        let encode = quote_spanned!(ty.span()=> <#ty as ::cog_core::OutputValue>::encode);
        let member = quote_spanned!(ty.span()=> ::cog_core::__private::Member(#value, #encode));
        quote!(members.member(#name, #member)?;)
    });
    quote! {
        fn encode(
            self,
            encoder: &mut ::cog_core::Encoder,
        ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
            encoder.object(|#argument| {
                #(#members)*
                ::core::result::Result::Ok(())
            })
        }
    }
}
