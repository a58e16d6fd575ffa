//! The impls of `derive(Input)`.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{enclose, implement, schema_field};
use crate::attr::{Bound, ChoiceList, Default};
use crate::literal::{Json, Literal};
use crate::model::{InputField, InputStruct};
use crate::types::Shape;

pub(crate) fn input(model: &InputStruct<'_>) -> TokenStream {
    let computed = model.fields.iter().filter_map(computed_default);
    let schema = schema(model);
    let decode = decode(model);
    let visit_files = visit_files(model);
    let value = implement(
        model.original,
        &quote!(::cog_core::InputValue),
        &quote! {
            #schema
            #decode
            #visit_files
        },
    );
    let root = implement(model.original, &quote!(::cog_core::Input), &TokenStream::new());
    enclose(&quote! {
        #(#computed)*
        #value
        #root
    })
}

fn schema(model: &InputStruct<'_>) -> TokenStream {
    let asserts = model.fields.iter().map(asserts);
    let fields = model.fields.iter().map(|field| {
        let start = schema_field(&field.field, &quote!(::cog_core::InputValue));
        let constraints = constraints(field);
        let default = default(field).map(|default| quote!(.default_value(#default)));
        quote!(#start #(.constrain(::cog_core::schema::Constraint::#constraints))* #default)
    });
    quote! {
        fn schema() -> ::cog_core::Schema {
            #(#asserts)*
            ::cog_core::Schema::object(::std::vec::Vec::from([#(#fields),*]))
        }
    }
}

/// Asks the compiler what the way a type is written does not tell: whether its constraints fit it.
fn asserts(field: &InputField<'_>) -> TokenStream {
    let ty = &field.field.original.ty;
    if !matches!(Shape::of(Shape::innermost(ty)), Shape::Unknown) {
        return TokenStream::new();
    }
    let has_order = field.ge.is_some() || field.le.is_some();
    let has_length = field.min_length.is_some() || field.max_length.is_some() || field.regex.is_some();
    let is_null = field.default.as_ref().is_some_and(is_null) && matches!(Shape::of(ty), Shape::Unknown);
    let assert = |name: TokenStream| quote_spanned!(ty.span()=> ::cog_core::__private::#name;);
    let ordered = has_order.then(|| assert(quote!(assert_ordered::<#ty>())));
    let text = has_length.then(|| assert(quote!(assert_text::<#ty>())));
    let choosable = field.choices.as_ref().map(|choices| {
        let kind = kind(choices);
        assert(quote!(assert_choosable::<#ty, ::cog_core::__private::#kind>()))
    });
    let optional = is_null.then(|| assert(quote!(assert_optional::<#ty>())));
    quote!(#ordered #text #choosable #optional)
}

/// Names what all of the choices are.
fn kind(choices: &ChoiceList) -> Ident {
    let is_whole =
        |literal: &Literal| matches!(literal.json, Json::Number(number) if number.whole().is_some());
    let is_text = |literal: &Literal| matches!(literal.json, Json::Text(_));
    let name = match choices.values.as_slice() {
        values if values.iter().all(is_text) => "Texts",
        values if values.iter().all(is_whole) => "Wholes",
        _ => "Fractions",
    };
    format_ident!("{name}")
}

fn constraints(field: &InputField<'_>) -> Vec<TokenStream> {
    let bound = |bound: &Bound| {
        let number = bound.number.to_rust();
        quote!((::cog_core::__private::number(#number)))
    };
    let minimum = field.ge.as_ref().map(bound).map(|number| quote!(Minimum #number));
    let maximum = field.le.as_ref().map(bound).map(|number| quote!(Maximum #number));
    let min_length = field.min_length.as_ref().map(|min| {
        let length = min.length;
        quote!(MinLength(#length))
    });
    let max_length = field.max_length.as_ref().map(|max| {
        let length = max.length;
        quote!(MaxLength(#length))
    });
    let pattern = field.regex.as_ref().map(|regex| {
        let pattern = &regex.original;
        quote!(Pattern(#pattern))
    });
    let choices = field.choices.as_ref().map(|choices| {
        let values = choices.values.iter().map(Literal::to_value);
        quote!(Choices(::std::vec::Vec::from([#(#values),*])))
    });
    [minimum, maximum, min_length, max_length, pattern, choices].into_iter().flatten().collect()
}

fn decode(model: &InputStruct<'_>) -> TokenStream {
    let fields = model.fields.iter().map(|field| {
        let (ident, name) = (field.field.ident, &field.field.name);
        let ty = &field.field.original.ty;
        let decode = quote!(<#ty as ::cog_core::InputValue>::decode);
        let absent = quote!(<#ty as ::cog_core::InputValue>::absent);
        let object = quote!(&mut object);
        let value = match default_function(field) {
            Some(default) => quote_spanned! {ty.span()=>
                ::cog_core::__private::ObjectDecoder::field_or(#object, #name, #decode, #absent, #default)?
            },
            None => quote_spanned!(ty.span()=> ::cog_core::__private::ObjectDecoder::field(#object, #name, #decode, #absent)?),
        };
        quote!(#ident: #value)
    });
    // Without fields there is still the question whether the value is an object.
    let object = if model.fields.is_empty() { quote!(_) } else { quote!(mut object) };
    quote! {
        fn decode(
            value: &mut ::cog_core::Value,
            at: &::cog_core::FieldPath<'_>,
        ) -> ::core::result::Result<Self, ::cog_core::DecodeError> {
            let #object = ::cog_core::__private::ObjectDecoder::new(value, at)?;
            ::core::result::Result::Ok(Self { #(#fields),* })
        }
    }
}

fn visit_files(model: &InputStruct<'_>) -> TokenStream {
    let fields = model.fields.iter().map(|field| &field.field);
    let visits: Vec<_> = fields
        .filter(|field| !Shape::is_without_files(&field.original.ty))
        .map(|field| {
            let (ident, name) = (field.ident, &field.name);
            let ty = &field.original.ty;
            let arguments = quote!(&mut self.#ident, &at.field(#name), visit);
            quote_spanned!(ty.span()=> <#ty as ::cog_core::InputValue>::visit_files(#arguments)?;)
        })
        .collect();
    if visits.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn visit_files(
            &mut self,
            at: &::cog_core::FieldPath<'_>,
            visit: &mut ::cog_core::__private::FileVisitor<'_>,
        ) -> ::core::result::Result<(), ::cog_core::DecodeError> {
            #(#visits)*
            ::core::result::Result::Ok(())
        }
    }
}

/// Writes the default as an expression of type `cog_core::Value`.
fn default(field: &InputField<'_>) -> Option<TokenStream> {
    field.default.as_ref().map(|default| match &default.literal {
        Some(literal) => literal.to_value(),
        None => {
            let name = computed_name(field);
            quote!(#name())
        }
    })
}

/// Writes a function that returns the default.
fn default_function(field: &InputField<'_>) -> Option<TokenStream> {
    field.default.as_ref().map(|default| match &default.literal {
        Some(literal) => {
            let value = literal.to_value();
            quote!(|| #value)
        }
        None => computed_name(field).into_token_stream(),
    })
}

/// A default that has to be computed gets a function: schema and decoding both need it, and errors in it are to be told once.
fn computed_default(field: &InputField<'_>) -> Option<TokenStream> {
    let Default { original, literal: None } = field.default.as_ref()? else { return None };
    let name = computed_name(field);
    let value = quote_spanned!(original.span()=> ::cog_core::__private::default_value(#original));
    Some(quote! {
        fn #name() -> ::cog_core::Value {
            #value
        }
    })
}

fn computed_name(field: &InputField<'_>) -> Ident {
    format_ident!("__cog_default_{}", field.field.ident.unraw())
}

fn is_null(default: &Default) -> bool {
    matches!(&default.literal, Some(Literal { json: Json::Null, .. }))
}
