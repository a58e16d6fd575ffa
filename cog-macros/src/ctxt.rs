//! Where every mistake of one derive is collected, so that one compile shows them all.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::thread;

use quote::ToTokens;

/// The errors found so far.
///
/// It has to be asked for its errors with [`finish`](Self::finish) in the end: dropping it without is a mistake of ours and panics.
#[derive(Debug, Default)]
pub(crate) struct Ctxt {
    errors: RefCell<Vec<syn::Error>>,
    is_finished: Cell<bool>,
}

impl Ctxt {
    /// Notes a mistake, at the smallest tokens that are to blame for it.
    pub(crate) fn error_at(&self, guilty: impl ToTokens, message: impl Display) {
        self.error(syn::Error::new_spanned(guilty, message));
    }

    /// Notes a mistake that already knows its place.
    pub(crate) fn error(&self, error: syn::Error) {
        self.errors.borrow_mut().push(error);
    }

    /// Notes the mistake, if `result` is one.
    pub(crate) fn ok<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.error(error)).ok()
    }

    /// Returns the model that was read, or all the errors. There is a model or an error, often both.
    pub(crate) fn finish<T>(self, model: Option<T>) -> syn::Result<T> {
        self.is_finished.set(true);
        let errors = self.errors.take().into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        match (errors, model) {
            (Some(errors), _) => Err(errors),
            (None, Some(model)) => Ok(model),
            (None, None) => unreachable!("whoever gives up reading a model says why"),
        }
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(self.is_finished.get() || thread::panicking(), "the errors of a derive were never looked at");
    }
}
