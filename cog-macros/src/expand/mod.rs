//! Writing the impls. Nothing is judged here any more.
//!
//! What names a type of the author's is written at that type's place, so that the compiler's errors about it point there; and all of
//! it at exactly that place, so that errors about it are equal and told once. Local names are interpolated, as there they would be the
//! names of whoever wrote the type, which may be a macro.

mod choices;
mod input;
mod output;

pub(crate) use self::choices::choices;
pub(crate) use self::input::input;
pub(crate) use self::output::output;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

use crate::model::Field;

/// Writes `impl cog_core::#name for` the type that the derive is on.
fn implement(original: &DeriveInput, name: &TokenStream, items: &TokenStream) -> TokenStream {
    let ident = &original.ident;
    let (impl_generics, ty_generics, where_clause) = original.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #name for #ident #ty_generics #where_clause {
            #items
        }
    }
}

/// Keeps the names of `items` to themselves.
fn enclose(items: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            #items
        };
    }
}

/// Writes the start of the `schema::Field` that describes `field`: its name, type, description and state.
fn schema_field(field: &Field<'_>, value_trait: &TokenStream) -> TokenStream {
    let name = &field.name;
    let ty = &field.original.ty;
    let schema = quote_spanned!(ty.span()=> <#ty as #value_trait>::schema());
    let description = field.description.as_ref().map(|text| quote!(.description(#text)));
    let deprecated = field.is_deprecated.then(|| quote!(.deprecated()));
    quote!(::cog_core::schema::Field::new(#name, #schema) #description #deprecated)
}
