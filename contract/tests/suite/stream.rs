//! Section 6: server-sent events.
