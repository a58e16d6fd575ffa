//! The `Prefer` header (RFC 7240).

use axum::http::HeaderMap;

/// Tells whether a client would rather not wait: whether `respond-async` is among its preferences.
pub(super) fn is_async(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut names = values
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split([';', '=']).next());
    names.any(|name| name.trim().eq_ignore_ascii_case("respond-async"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_as_the_standard_has_it() {
        for (value, expected) in [
            ("respond-async", true),
            ("Respond-Async", true),
            ("respond-async, wait=5", true),
            ("wait=5 , respond-async; x=y", true),
            ("wait", false),
            ("handling=respond-async", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([("prefer".parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(is_async(&headers), expected, "{value}");
        }
        assert!(!is_async(&HeaderMap::new()));
    }
}
