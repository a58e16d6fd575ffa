//! What the value of each setting has to look like.

use std::fmt;

use quote::ToTokens;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr};

use super::settings::Setting;
use crate::ctxt::Ctxt;
use crate::literal::{Json, Literal, Number};

/// `ge = 1` or `le = 1`.
pub(crate) struct Bound {
    pub(crate) name: Ident,
    pub(crate) original: Expr,
    pub(crate) number: Number,
}

/// `min_length = 1` or `max_length = 1`.
pub(crate) struct Length {
    pub(crate) name: Ident,
    pub(crate) original: Expr,
    pub(crate) length: u64,
}

/// `regex = ".."`.
pub(crate) struct Pattern {
    pub(crate) name: Ident,
    pub(crate) original: LitStr,
}

/// `choices = [.., ..]`.
pub(crate) struct ChoiceList {
    pub(crate) name: Ident,
    pub(crate) original: Expr,
    pub(crate) values: Vec<Literal>,
}

/// `default = ..`.
pub(crate) struct Default {
    pub(crate) original: Expr,
    /// The default, if it is written out. Any other expression is evaluated and turned into a `Value`.
    pub(crate) literal: Option<Literal>,
}

impl Setting {
    pub(crate) fn bound(self, cx: &Ctxt) -> Option<Bound> {
        let original = self.expr(cx, "1")?;
        match cx.ok(Literal::from_expr(&original))? {
            Some(Literal { json: Json::Number(number), .. }) => {
                Some(Bound { name: self.name, original, number })
            }
            _ => self.refuse(cx, &original, "a number that is written out", "1"),
        }
    }

    pub(crate) fn length(self, cx: &Ctxt) -> Option<Length> {
        let original = self.expr(cx, "1")?;
        let number = match cx.ok(Literal::from_expr(&original))? {
            Some(Literal { json: Json::Number(Number::Whole(number)), .. }) => u64::try_from(number).ok(),
            _ => None,
        };
        match number {
            Some(length) => Some(Length { name: self.name, original, length }),
            None => self.refuse(cx, &original, "a number of characters", "1"),
        }
    }

    pub(crate) fn pattern(self, cx: &Ctxt) -> Option<Pattern> {
        let original = self.text(cx, "^[a-z]+$")?;
        Some(Pattern { name: self.name, original })
    }

    pub(crate) fn choice_list(self, cx: &Ctxt) -> Option<ChoiceList> {
        let original = self.expr(cx, "[\"a\", \"b\"]")?;
        match cx.ok(Literal::from_expr(&original))? {
            Some(Literal { json: Json::List(values), .. }) => {
                Some(ChoiceList { name: self.name, original, values })
            }
            _ => self.refuse(cx, &original, "a list of values that are written out", "[\"a\", \"b\"]"),
        }
    }

    pub(crate) fn default_value(self, cx: &Ctxt) -> Option<Default> {
        let original = self.expr(cx, "1")?;
        let literal = cx.ok(Literal::from_expr(&original))?;
        Some(Default { original, literal })
    }

    /// A setting that is there or not, and may say so with `true` or `false`.
    pub(crate) fn flag(self, cx: &Ctxt) -> Option<bool> {
        match self.value {
            None => Some(true),
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(LitBool { value, .. }), .. })) => Some(value),
            Some(other) => {
                cx.error_at(&other, format!("`{0}` takes no value: write `{0}`", self.name));
                None
            }
        }
    }

    pub(crate) fn text(&self, cx: &Ctxt, example: &str) -> Option<LitStr> {
        let example = format!("{example:?}");
        match self.expr(cx, &example)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
            Expr::Group(group) => match *group.expr {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
                other => self.refuse(cx, &other, "a text that is written out", &example),
            },
            other => self.refuse(cx, &other, "a text that is written out", &example),
        }
    }

    fn expr(&self, cx: &Ctxt, example: &str) -> Option<Expr> {
        if self.value.is_none() {
            cx.error_at(&self.name, format!("`{0}` needs a value: write `{0} = {example}`", self.name));
        }
        self.value.clone()
    }

    fn refuse<T>(
        &self,
        cx: &Ctxt,
        guilty: &impl ToTokens,
        what: impl fmt::Display,
        example: &str,
    ) -> Option<T> {
        cx.error_at(guilty, format!("`{0}` takes {what}: write `{0} = {example}`", self.name));
        None
    }
}
