//! Snapshots of the generated code.
//!
//! Each file of `tests/expand` holds one type with a derive; the file of the same name that ends in `.expanded.rs` holds what the
//! derive writes for it. Run with `COG_MACROS_OVERWRITE=1` to write these files anew, and review what changed.
