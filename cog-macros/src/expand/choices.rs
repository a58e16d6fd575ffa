//! The impls of `derive(Choices)`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{enclose, implement};
use crate::model::{ChoiceValue, ChoicesEnum};

pub(crate) fn choices(model: &ChoicesEnum<'_>) -> TokenStream {
    let decode = decode(model);
    let input = implement(
        model.original,
        &quote!(::cog_core::InputValue),
        &quote! {
            fn schema() -> ::cog_core::Schema {
                ::cog_core::Schema::choices(<Self as ::cog_core::Choices>::choices())
            }

            #decode
        },
    );
    let output = output(model);
    let from = from(model);
    let values = model.variants.iter().map(|variant| &variant.value);
    let all = implement(
        model.original,
        &quote!(::cog_core::Choices),
        &quote! {
            fn choices() -> ::std::vec::Vec<::cog_core::Value> {
                ::std::vec::Vec::from([#(::cog_core::Value::from(#values)),*])
            }
        },
    );
    enclose(&quote! {
        #input
        #all
        #output
        #from
    })
}

fn decode(model: &ChoicesEnum<'_>) -> TokenStream {
    let is_text = model.variants.iter().any(|variant| matches!(variant.value, ChoiceValue::Text(_)));
    let scrutinee = if is_text {
        quote!(::cog_core::Value::as_str(value))
    } else {
        quote!(::cog_core::__private::whole_number(value))
    };
    let arms = model.variants.iter().map(|variant| {
        let ident = &variant.original.ident;
        let pattern = match &variant.value {
            ChoiceValue::Text(text) => quote!(#text),
            ChoiceValue::Whole(number) => quote!(#number),
        };
        quote!(::core::option::Option::Some(#pattern) => ::core::result::Result::Ok(Self::#ident))
    });
    quote! {
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            match #scrutinee {
                #(#arms,)*
                _ => ::core::result::Result::Err(::cog_core::DecodeError::new(at, "not one of the choices")),
            }
        }
    }
}

fn output(model: &ChoicesEnum<'_>) -> TokenStream {
    let arms = model.variants.iter().map(|variant| {
        let (ident, value) = (&variant.original.ident, &variant.value);
        quote!(Self::#ident => encoder.serialize(&#value))
    });
    implement(
        model.original,
        &quote!(::cog_core::OutputValue),
        &quote! {
            fn schema() -> ::cog_core::Schema {
                <Self as ::cog_core::InputValue>::schema()
            }

            fn encode(
                self,
                encoder: &mut ::cog_core::Encoder,
            ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
                match self {
                    #(#arms,)*
                }
            }
        },
    )
}

/// So that a variant can be the default of a field.
fn from(model: &ChoicesEnum<'_>) -> TokenStream {
    let name = &model.original.ident;
    let arms = model.variants.iter().map(|variant| {
        let (ident, value) = (&variant.original.ident, &variant.value);
        quote!(#name::#ident => Self::from(#value))
    });
    quote! {
        #[automatically_derived]
        impl ::core::convert::From<#name> for ::cog_core::Value {
            fn from(choice: #name) -> Self {
                match choice {
                    #(#arms,)*
                }
            }
        }
    }
}
