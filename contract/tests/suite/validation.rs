//! Section 3: what an input may be.
