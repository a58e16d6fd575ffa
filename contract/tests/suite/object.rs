//! Section 4: the prediction object.
