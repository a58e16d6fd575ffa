//! Sections 5 and 14: asynchronous requests, slots, cancellation, concurrency.
