//! What a derive leaves behind when it has errors to tell: the errors, and impls of every trait that it would have implemented.
//!
//! Without those, each use of the type would add an error of its own, and the author would look for theirs among them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

pub(crate) fn with_errors(errors: &syn::Error, stub: &TokenStream) -> TokenStream {
    let errors = errors.to_compile_error();
    quote! {
        #errors
        const _: () = {
            #stub
        };
    }
}

pub(crate) fn input(original: &DeriveInput) -> TokenStream {
    let value = input_value(original);
    let root = implement(original, &quote!(::cog_core::Input), &TokenStream::new());
    quote! {
        #value
        #root
    }
}

pub(crate) fn output(original: &DeriveInput) -> TokenStream {
    implement(
        original,
        &quote!(::cog_core::OutputValue),
        &quote! {
            fn schema() -> ::cog_core::Schema {
                ::core::unreachable!()
            }

            fn encode(
                self,
                _: &mut ::cog_core::Encoder,
            ) -> ::core::result::Result<(), ::cog_core::EncodeError> {
                ::core::unreachable!()
            }
        },
    )
}

pub(crate) fn choices(original: &DeriveInput) -> TokenStream {
    let input = input_value(original);
    let output = output(original);
    let choices = implement(
        original,
        &quote!(::cog_core::Choices),
        &quote! {
            fn choices() -> ::std::vec::Vec<::cog_core::Value> {
                ::core::unreachable!()
            }
        },
    );
    let ident = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    quote! {
        #input
        #output
        #choices

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#ident #ty_generics> for ::cog_core::Value #where_clause {
            fn from(_: #ident #ty_generics) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

fn input_value(original: &DeriveInput) -> TokenStream {
    implement(
        original,
        &quote!(::cog_core::InputValue),
        &quote! {
            fn schema() -> ::cog_core::Schema {
                ::core::unreachable!()
            }

            fn decode(
                _: &mut ::cog_core::Value,
                _: &::cog_core::FieldPath<'_>,
            ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
                ::core::unreachable!()
            }
        },
    )
}

fn implement(original: &DeriveInput, name: &TokenStream, items: &TokenStream) -> TokenStream {
    let ident = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    let predicates = where_clause.iter().flat_map(|clause| &clause.predicates);
    // The traits ask for `'static`. A type that borrows has been told so already.
    quote! {
        #[automatically_derived]
        impl #impl_generics #name for #ident #ty_generics
        where
            #(#predicates,)*
            Self: 'static,
        {
            #items
        }
    }
}
