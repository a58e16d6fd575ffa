//! Files that change, and servers that cannot say whether they have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn other() -> Vec<u8> {
    content().iter().map(|byte| !byte).collect()
}

#[tokio::test]
async fn a_file_that_changes_is_never_mixed() {
    for heeds_conditions in [true, false] {
        let host = Host::start(move |asked| {
            let (content, tag) = if asked.number < 4 { (content(), TAG) } else { (other(), "\"two\"") };
            match asked.range() {
                Some((first, end)) if !heeds_conditions => Sent::part(&content, first, end.min(10_300), tag),
                _ => Sent::honest(asked, &content, tag),
            }
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(bring(&directory, &host.url("f")).await, Ok(other()), "{heeds_conditions}");
    }
}

#[tokio::test]
async fn a_file_that_changes_between_two_starts_is_never_mixed() {
    let number = Arc::new(AtomicUsize::new(0));
    let phase = Arc::clone(&number);
    let host = Host::start(move |asked| match phase.load(Ordering::Relaxed) {
        0 if asked.number < 4 => Sent::honest(asked, &content(), TAG),
        0 => Sent::status("404 Not Found"),
        _ => Sent::honest(asked, &other(), "\"two\""),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    bring(&directory, &host.url("f")).await.unwrap_err();
    assert!(is_kept(&directory, &host.url("f")));
    number.store(1, Ordering::Relaxed);
    assert_eq!(bring(&directory, &host.url("f")).await, Ok(other()));
}

#[tokio::test]
async fn a_file_that_never_is_at_rest_is_given_up() {
    let host = Host::start(|asked| {
        let tag = format!("\"{}\"", asked.number);
        let (first, end) = asked.range().unwrap();
        Sent::part(&content(), first, end.min(10_300), &tag)
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let url = host.url("f");
    let error = bring(&directory, &url).await.unwrap_err();
    let told = "the file has changed while it was fetched, 4 times; try again when it is at rest";
    assert_eq!(error, format!("cannot fetch `{url}`: {told}"));
    assert_eq!((files(&directory), is_kept(&directory, &url)), (Vec::new(), false));
}

#[tokio::test]
async fn a_length_that_is_a_lie_is_noticed() {
    for (name, lie) in [
        // There is less than was said: what is behind the end is asked for.
        ("less", "bytes 0-999/20000"),
        // The first says more than the others.
        ("differs", "bytes 0-999/10301"),
    ] {
        let host = Host::start(move |asked| match asked.range() {
            Some((0, _)) => Sent::new(
                "206 Partial Content",
                &format!("content-range: {lie}\r\ncontent-length: 1000\r\netag: {TAG}\r\n"),
                &content()[..1000],
            ),
            _ => Sent::honest(asked, &content(), TAG),
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let error = bring(&directory, &host.url(name)).await.unwrap_err();
        assert!(error.ends_with("4 times; try again when it is at rest"), "{name}: {error}");
        assert_eq!(files(&directory), Vec::<String>::new());
    }
}

#[tokio::test]
async fn parts_that_are_not_those_that_were_asked_for_are_not_used() {
    for (name, told) in [
        ("another", "sends another part than it was asked for"),
        ("more", "sends more than it was asked for"),
        ("nothing", "a part is sent with nothing in it"),
        ("unsaid", "sends a part and does not say which"),
    ] {
        let host = Host::start(move |asked| {
            let (first, end) = asked.range().unwrap();
            let range = format!("content-range: bytes {first}-{}/10300\r\netag: {TAG}\r\n", end - 1);
            let with = |headers: String, body: &[u8]| {
                Sent::new(
                    "206 Partial Content",
                    &format!("{headers}content-length: {}\r\n", body.len()),
                    body,
                )
            };
            match (first, name) {
                (0, _) => Sent::honest(asked, &content(), TAG),
                (_, "another") => Sent::part(&content(), first - 1, end - 1, TAG),
                (_, "more") => with(range, &content()[..1001]),
                (_, "nothing") => with(range, b""),
                _ => with(format!("etag: {TAG}\r\n"), &content()[..1000]),
            }
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let error = bring(&directory, &host.url(name)).await.unwrap_err();
        assert!(error.contains(told), "{name}: {error}");
        assert_eq!(files(&directory), Vec::<String>::new());
    }
}

/// Parts of a file without a tag or a date could be of two versions.
#[tokio::test]
async fn where_versions_cannot_be_told_apart_the_file_is_read_in_one_piece() {
    const DATE: &str = "last-modified: Thu, 01 Jan 1970 00:00:00 GMT";
    for (header, in_parts) in [("etag: W/\"weak\"", false), ("x: y", false), (DATE, true)] {
        let host = Host::start(move |asked| {
            let part =
                asked.range().map(|(first, end)| Sent::part(&content(), first, end.min(10_300), "gone"));
            let sent = part.unwrap_or_else(|| Sent::whole(&content()));
            Sent { head: sent.head.replace("etag: gone", header), ..sent }
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()), "{header}");
        let asked = host.take();
        if in_parts {
            assert_eq!(asked.len(), 11);
            assert!(
                asked.iter().skip(1).all(|asked| DATE.ends_with(asked.header("if-range").unwrap())),
                "{asked:?}"
            );
        } else {
            assert_eq!(
                asked.iter().map(Asked::range).collect::<Vec<_>>(),
                [Some((0, 1000)), None],
                "{header}"
            );
        }
    }
}
