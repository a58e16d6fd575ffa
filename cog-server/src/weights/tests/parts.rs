//! Parts: each asked for once, whatever was cut, stalled or killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[tokio::test]
async fn a_file_is_brought_in_parts_and_only_once() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let url = host.url("a/model.gguf");
    assert_eq!(bring(&directory, &url).await, Ok(content()));
    let asked = host.take();
    assert!(asked.iter().skip(1).all(|asked| asked.header("if-range") == Some(TAG)), "{asked:?}");
    let mut ranges: Vec<_> = asked.iter().map(|asked| asked.range().unwrap()).collect();
    ranges.sort_unstable();
    let expected: Vec<_> = (0..11).map(|chunk| (chunk * 1000, 10_300.min((chunk + 1) * 1000))).collect();
    assert_eq!(ranges, expected);
    // It is there now, for whoever asks.
    assert_eq!(bring(&directory, &url).await, Ok(content()));
    assert_eq!(host.take().len(), 0);
    assert_eq!(files(&directory), ["model.gguf"]);
    assert!(!is_kept(&directory, &url));
}

#[tokio::test]
async fn what_has_arrived_before_a_cut_is_not_asked_for_again() {
    let host = Host::start(|asked| match asked.number {
        0 => Sent::honest(asked, &content(), TAG).cut(400),
        1..4 => Sent::honest(asked, &content(), TAG).cut(999),
        _ => Sent::honest(asked, &content(), TAG),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()));
    let ranges = host.ranges();
    assert!(ranges.contains(&Some((400, 1000))), "{ranges:?}");
    assert_eq!(ranges.len(), 11 + 4, "{ranges:?}");
}

#[tokio::test]
async fn a_server_that_stalls_is_asked_again() {
    let host = Host::start(|asked| match asked.number {
        0 | 3 => Sent::honest(asked, &content(), TAG).stall(10),
        _ => Sent::honest(asked, &content(), TAG),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let impatient = StoreConfig { stall_timeout: Duration::from_millis(300), ..config(&directory) };
    assert_eq!(bring_with(impatient, &host.url("f"), None).await, Ok(content()));
}

#[tokio::test]
async fn a_transfer_that_fails_is_gone_on_with_by_the_next_one() {
    let limit = Arc::new(AtomicUsize::new(5));
    let at_most = Arc::clone(&limit);
    let host = Host::start(move |asked| match asked.number {
        number if number < at_most.load(Ordering::Relaxed) => Sent::honest(asked, &content(), TAG),
        _ => Sent::honest(asked, &content(), TAG).cut(0),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let one_by_one = || StoreConfig { connections: 1, ..config(&directory) };
    let error = bring_with(one_by_one(), &host.url("f"), None).await.unwrap_err();
    let url = host.url("f");
    assert_eq!(
        error,
        format!(
            "cannot fetch `{url}`: the connection to `127.0.0.1` broke off, 3 times in a row; 4.88 KiB of 10.06 KiB have arrived, and \
             the next start goes on from there"
        )
    );
    assert_eq!((files(&directory), is_kept(&directory, &url)), (Vec::new(), true));
    host.take();
    limit.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(bring_with(one_by_one(), &url, None).await, Ok(content()));
    let ranges = host.ranges();
    assert_eq!((ranges.first(), ranges.len()), (Some(&Some((5000, 6000))), 6), "{ranges:?}");
}

#[tokio::test]
async fn a_transfer_that_is_given_up_is_gone_on_with_by_the_next_one() {
    let host = Host::start(|asked| match asked.number {
        3 => Sent::honest(asked, &content(), TAG).stall(500),
        _ => Sent::honest(asked, &content(), TAG),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let one_by_one = || StoreConfig { connections: 1, ..config(&directory) };
    let four_are_sent = async {
        for _ in 0..4 {
            host.news().await;
        }
    };
    let url = host.url("f");
    tokio::select! {
        brought = bring_with(one_by_one(), &url, None) => panic!("{brought:?}"),
        () = four_are_sent => {}
    }
    assert_eq!(files(&directory), Vec::<String>::new());
    host.take();
    assert_eq!(bring_with(one_by_one(), &url, None).await, Ok(content()));
    let ranges = host.ranges();
    assert_eq!((ranges.first(), ranges.len()), (Some(&Some((3000, 4000))), 8), "{ranges:?}");
}

#[tokio::test]
async fn a_journal_that_makes_no_sense_counts_as_none() {
    for journal in [
        "",
        "nonsense\n",
        "{\"total\":5}\n",
        "{\"total\":10300,\"chunk\":0,\"version\":{},\"sha256\":null}\n1\n",
    ] {
        let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
        let directory = tempfile::tempdir().unwrap();
        let place = Place::of(directory.path(), &source(&host.url("f"))).unwrap();
        place.prepare().unwrap();
        fs::write(place.journal(), journal).unwrap();
        fs::write(place.partial(), vec![0; 10_300]).unwrap();
        assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()), "{journal}");
    }
}

/// Half a line is what a process leaves that is killed while it writes.
#[tokio::test]
async fn half_a_line_of_a_journal_says_nothing() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let place = Place::of(directory.path(), &source(&host.url("f"))).unwrap();
    place.prepare().unwrap();
    let header = format!(
        "{{\"total\":10300,\"chunk\":1000,\"version\":{{\"etag\":{TAG:?},\"modified\":null}},\"sha256\":null}}\n"
    );
    // Chunk 1 is right. Whether the second line was to be 1 or 10 nobody knows.
    fs::write(place.journal(), header + "1\n1").unwrap();
    let mut arrived = vec![0; 10_300];
    arrived[1000..2000].copy_from_slice(&content()[1000..2000]);
    fs::write(place.partial(), arrived).unwrap();
    assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()));
    let ranges = host.ranges();
    assert!(ranges.len() == 10 && !ranges.contains(&Some((1000, 2000))), "{ranges:?}");
}
