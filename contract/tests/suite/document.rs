//! Section 16: the OpenAPI document.
