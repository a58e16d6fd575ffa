//! The scope of the code that runs on this thread.
//!
//! A slot runs one prediction at a time on one thread, so a thread's scope is that of its prediction. This is the only thread-local of
//! the crate; it says what this thread is doing, and is no state of the program.

use std::cell::RefCell;

use super::Scope;

thread_local! {
    static CURRENT: RefCell<Scope> = const { RefCell::new(Scope::none()) };
}

/// Returns the scope of the prediction that the calling code belongs to, or [`Scope::none`].
///
/// Threads and tasks that a prediction starts have none of their own; see [`Scope::enter`] and [`Scope::instrument`].
#[must_use]
pub fn current_scope() -> Scope {
    CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
}

/// Makes a scope the current one of this thread until dropped.
#[derive(Debug)]
pub(crate) struct Entered {
    outer: Scope,
}

impl Entered {
    pub(crate) fn new(scope: Scope) -> Self {
        Self { outer: CURRENT.try_with(|current| current.replace(scope)).unwrap_or_default() }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = std::mem::take(&mut self.outer);
        // The scope that ends is dropped outside the borrow: dropping it may run code that asks for the current one.
        let _ended = CURRENT.try_with(|current| current.replace(outer));
    }
}
