//! What the derive macros say of mistakes: one file a mistake, with the compiler's words beside it.
//!
//! Run with `TRYBUILD=overwrite` to write the words anew, and review what changed. The files of `tests/ui/pass` have to compile.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    for theme in ["attribute", "choices", "constraint", "default", "output", "shape", "type"] {
        cases.compile_fail(format!("tests/ui/{theme}/*.rs"));
    }
    cases.pass("tests/ui/pass/*.rs");
}
