//! Values that are written out: numbers, texts, truth values, `None`, and lists of these.
//!
//! Only what is written out can be checked while compiling. Everything else is an expression, which the generated code evaluates.

use std::cmp::Ordering;
use std::fmt;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprArray, ExprLit, ExprMacro, ExprPath, ExprUnary, Lit, LitFloat, LitInt, Token, UnOp};

/// The greatest whole number below which a float is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value, and the expression that it was written as.
pub(crate) struct Literal {
    pub(crate) original: Expr,
    pub(crate) json: Json,
}

pub(crate) enum Json {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Literal>),
}

/// A number that JSON can carry: from the least `i64` to the greatest `u64`, or a finite float.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Number {
    Whole(i128),
    Float(f64),
}

impl Literal {
    /// Reads `expr`. Returns nothing for an expression that has to be evaluated.
    ///
    /// # Errors
    /// When it is a literal that has no counterpart in JSON.
    pub(crate) fn from_expr(expr: &Expr) -> syn::Result<Option<Self>> {
        let json = match expr {
            Expr::Group(group) => return Self::from_expr(&group.expr),
            Expr::Paren(paren) => return Self::from_expr(&paren.expr),
            Expr::Lit(ExprLit { lit, .. }) => Json::from_lit(lit)?,
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr: operand, .. }) => match Self::from_expr(operand)?
            {
                Some(Self { json: Json::Number(number), .. }) => match number.negated() {
                    Number::Whole(number) if number < i128::from(i64::MIN) => {
                        return Err(syn::Error::new_spanned(
                            expr,
                            "no integer in JSON is less than -9223372036854775808: write a greater one, or a float",
                        ));
                    }
                    number => Json::Number(number),
                },
                _ => return Ok(None),
            },
            Expr::Path(ExprPath { path, qself: None, .. }) if is_none(path) => Json::Null,
            Expr::Array(ExprArray { elems, .. }) => return Self::list(expr, elems),
            Expr::Macro(ExprMacro { mac, .. }) if mac.path.is_ident("vec") => {
                // `vec![value; count]` does not parse as a list and is evaluated.
                match Punctuated::parse_terminated.parse2(mac.tokens.clone()) {
                    Ok(elems) => return Self::list(expr, &elems),
                    Err(_) => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { original: expr.clone(), json }))
    }

    fn list(original: &Expr, elems: &Punctuated<Expr, Token![,]>) -> syn::Result<Option<Self>> {
        let items: Option<Vec<_>> = elems.iter().map(Self::from_expr).collect::<syn::Result<_>>()?;
        Ok(items.map(|items| Self { original: original.clone(), json: Json::List(items) }))
    }

    /// Writes an expression of type `cog_core::Value`.
    pub(crate) fn to_value(&self) -> TokenStream {
        match &self.json {
            Json::Null => quote!(::cog_core::Value::Null),
            Json::Boolean(value) => quote!(::cog_core::Value::Bool(#value)),
            Json::Number(number) => {
                let number = number.to_rust();
                quote!(::cog_core::Value::from(#number))
            }
            Json::Text(text) => quote!(::cog_core::Value::from(#text)),
            Json::List(items) => {
                let items = items.iter().map(Self::to_value);
                quote!(::cog_core::Value::Array(::std::vec::Vec::from([#(#items),*])))
            }
        }
    }

    /// Tells whether both are the same JSON value, `1` being `1.0`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.json, &other.json) {
            (Json::Null, Json::Null) => true,
            (Json::Boolean(left), Json::Boolean(right)) => left == right,
            (Json::Number(left), Json::Number(right)) => left.compare(*right).is_eq(),
            (Json::Text(left), Json::Text(right)) => left == right,
            (Json::List(left), Json::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.is_same(right))
            }
            _ => false,
        }
    }
}

impl Json {
    fn from_lit(lit: &Lit) -> syn::Result<Self> {
        Ok(match lit {
            Lit::Str(text) => Self::Text(text.value()),
            Lit::Bool(value) => Self::Boolean(value.value),
            Lit::Int(number) => Self::Number(Number::from_int(number)?),
            Lit::Float(number) => Self::Number(Number::from_float(number)?),
            Lit::Char(letter) => {
                let text = letter.value().to_string();
                return Err(syn::Error::new_spanned(
                    lit,
                    format!("JSON has no characters: write `{text:?}`"),
                ));
            }
            _ => return Err(syn::Error::new_spanned(lit, "JSON has no bytes: write a text or a number")),
        })
    }
}

impl Number {
    fn from_int(literal: &LitInt) -> syn::Result<Self> {
        match literal.base10_parse::<u64>() {
            Ok(number) => Ok(Self::Whole(number.into())),
            Err(_) => Err(syn::Error::new_spanned(
                literal,
                "no integer in JSON is greater than 18446744073709551615: write a smaller one, or a float",
            )),
        }
    }

    fn from_float(literal: &LitFloat) -> syn::Result<Self> {
        match literal.base10_parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Self::Float(number)),
            _ => Err(syn::Error::new_spanned(
                literal,
                "the number is beyond what `f64` holds: write a smaller one",
            )),
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Whole(number) => Self::Whole(-number),
            Self::Float(number) => Self::Float(-number),
        }
    }

    /// Returns the whole number that this is, `5.0` being one.
    pub(crate) fn whole(self) -> Option<i128> {
        match self {
            Self::Whole(number) => Some(number),
            #[expect(clippy::cast_possible_truncation, reason = "a whole number of this size fits")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() < EXACT => Some(number as i128),
            Self::Float(_) => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "only for comparing with a float, which is no more exact")]
    pub(crate) fn float(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self.whole(), other.whole()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.float().total_cmp(&other.float()),
        }
    }

    /// Writes an expression of a primitive number type. A whole number is written as an integer, as Cog publishes `1.0` as `1`.
    pub(crate) fn to_rust(self) -> TokenStream {
        match (self.whole().map(i64::try_from), self.whole().map(u64::try_from), self) {
            (Some(Ok(number)), _, _) => quote!(#number),
            (_, Some(Ok(number)), _) => quote!(#number),
            (_, _, number) => {
                let number = number.float();
                quote!(#number)
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(formatter),
            Self::Float(number) => fmt::Debug::fmt(number, formatter),
        }
    }
}

/// Shows the value as an author would write it.
impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.json {
            Json::Null => formatter.write_str("None"),
            Json::Boolean(value) => value.fmt(formatter),
            Json::Number(number) => number.fmt(formatter),
            Json::Text(text) => fmt::Debug::fmt(text, formatter),
            Json::List(items) => {
                formatter.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}{item}")?;
                }
                formatter.write_str("]")
            }
        }
    }
}

fn is_none(path: &syn::Path) -> bool {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    matches!(names.as_slice(), ["None"] | ["Option", "None"] | ["std" | "core", "option", "Option", "None"])
}
