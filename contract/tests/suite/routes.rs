//! Section 2: the routes, the envelope of a request, the order of checks.
