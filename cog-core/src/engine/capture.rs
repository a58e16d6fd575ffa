//! Giving what author code prints to the prediction that printed it.

use std::sync::Arc;

use crate::scope::Scope;

/// Somebody who hears what the process prints, and has to be told who prints.
///
/// The engine knows nothing of standard output. It says when author code begins to run and when it has returned; what is printed in
/// between can be [logged](Scope::write_log) for it. Both are called on the thread on which author code runs, one after the other for
/// each scope, and whether author code returns, fails or panics. The end of a prediction is not known before `end` has returned.
///
/// Predictions are told of only where the engine has one slot: with several nobody could say whose output it is, and that is told
/// once. It matters to somebody who hears of several engines, as they share the streams of the process.
pub trait OutputCapture: Send + Sync {
    /// Author code begins to run for `scope`.
    fn begin(&self, scope: &Scope);

    /// Author code has returned, and what it held has been dropped.
    fn end(&self, scope: &Scope);

    /// From now on author code may run that is not told of, so what is printed may be anybody's.
    fn share(&self);
}

/// Author code is running, until this is dropped.
pub(super) struct Captured<'a> {
    capture: Option<&'a dyn OutputCapture>,
    scope: &'a Scope,
}

impl<'a> Captured<'a> {
    pub(super) fn new(capture: Option<&'a Arc<dyn OutputCapture>>, scope: &'a Scope) -> Self {
        let capture = capture.map(|capture| &**capture);
        if let Some(capture) = capture {
            capture.begin(scope);
        }
        Self { capture, scope }
    }
}

impl Drop for Captured<'_> {
    fn drop(&mut self) {
        if let Some(capture) = self.capture {
            capture.end(self.scope);
        }
    }
}
