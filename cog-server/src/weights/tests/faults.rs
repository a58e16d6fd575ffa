//! What goes wrong, and what is said of it.

use super::*;

#[tokio::test]
async fn a_refusal_is_told_once_and_a_busy_server_is_asked_again() {
    let directory = tempfile::tempdir().unwrap();
    let host = Host::start(|_| Sent::status("404 Not Found")).await;
    let url = host.url("f");
    let told = format!("cannot fetch `{url}`: `{url}` answered 404 Not Found; check the URL");
    assert_eq!(bring(&directory, &url).await, Err(told));
    assert_eq!(host.take().len(), 1);
    for status in ["503 Service Unavailable", "429 Too Many Requests"] {
        let host = Host::start(move |asked| match asked.number {
            0 | 4 => Sent::status(status).with("retry-after: 0"),
            _ => Sent::honest(asked, &content(), TAG),
        })
        .await;
        assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()));
        let host = Host::start(move |_| Sent::status(status)).await;
        let error = bring(&directory, &host.url("f")).await.unwrap_err();
        assert!(error.ends_with(&format!("answered {status}, 3 times in a row")), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_is_read_in_one_piece() {
    let host = Host::start(|asked| match asked.number {
        0 => Sent::whole(&content()).cut(5000),
        1 => Sent::whole(&content()).cut(0),
        _ => Sent::whole(&content()),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(bring(&directory, &host.url("f")).await, Ok(content()), "it begins anew after each cut");
    assert_eq!(host.take().len(), 3);

    let host = Host::start(|_| Sent::whole(&content()).cut(5000)).await;
    let error = bring(&directory, &host.url("g")).await.unwrap_err();
    let told = "the connection to `127.0.0.1` broke off after 4.88 KiB of 10.06 KiB, 3 times in a row";
    assert_eq!(error, format!("cannot fetch `{}`: {told}", host.url("g")));
    assert_eq!((files(&directory).len(), is_kept(&directory, &host.url("g"))), (1, false));
}

#[tokio::test]
async fn an_end_that_could_be_a_cut_needs_a_digest() {
    let host = Host::start(|_| Sent::new("200 OK", "", content())).await;
    let directory = tempfile::tempdir().unwrap();
    let error = bring(&directory, &host.url("f")).await.unwrap_err();
    assert!(
        error.ends_with(
            "does not say how long the file is, so that a cut would not be noticed; name its sha256"
        )
    );
    let known = Some(sha256_of(&content()));
    assert_eq!(bring_with(config(&directory), &host.url("f"), known).await, Ok(content()));
    let cut = Host::start(|_| Sent::new("200 OK", "", content()).cut(5000)).await;
    let error = bring_with(config(&directory), &cut.url("f"), known).await.unwrap_err();
    assert!(error.contains("its sha256 is "), "{error}");
    // One that tells where chunks end tells where the file does.
    let host =
        Host::start(|_| Sent::new("200 OK", "transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")).await;
    assert_eq!(bring(&directory, &host.url("f")).await, Ok(b"abc".to_vec()));
    let host = Host::start(|_| Sent::new("200 OK", "transfer-encoding: chunked\r\n", "3\r\nabc\r\n")).await;
    bring(&directory, &host.url("g")).await.unwrap_err();
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    for sent in [Sent::whole(b""), Sent::status("416 Range Not Satisfiable")] {
        let host =
            Host::start(move |asked| if asked.range().is_some() { sent.clone() } else { Sent::whole(b"") })
                .await;
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(bring(&directory, &host.url("f")).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn a_file_with_another_digest_is_not_used() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let (right, wrong) = (sha256_of(&content()), sha256_of(b"other"));
    let error = bring_with(config(&directory), &host.url("f"), Some(wrong)).await.unwrap_err();
    let told = format!("its sha256 is {right}, and not {wrong} as is wanted; what has arrived is not kept");
    assert_eq!(error, format!("cannot fetch `{}`: {told}", host.url("f")));
    assert_eq!((files(&directory), is_kept(&directory, &host.url("f"))), (Vec::new(), false));
    assert_eq!(bring_with(config(&directory), &host.url("f"), Some(right)).await, Ok(content()));
}

#[tokio::test]
async fn redirects_are_followed_but_not_for_ever_nor_anywhere() {
    let host = Host::start(|asked| match asked.path() {
        "/once" => Sent::redirect("/file"),
        "/loop" => Sent::redirect("/loop"),
        "/local" => Sent::redirect("file:///etc/passwd"),
        "/nowhere" => Sent::status("302 Found"),
        _ => Sent::honest(asked, &content(), TAG),
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(bring(&directory, &host.url("once")).await, Ok(content()));
    for (path, told) in [
        ("loop", "it was redirected more than 10 times".to_owned()),
        ("local", format!("`{}` leads to `file:///etc/passwd`, which is not followed", host.url("local"))),
        ("nowhere", format!("`{}` answered 302 Found", host.url("nowhere"))),
    ] {
        let url = host.url(path);
        assert_eq!(bring(&directory, &url).await, Err(format!("cannot fetch `{url}`: {told}")));
    }
}

#[tokio::test]
async fn no_secret_of_an_url_is_told() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cut = Host::start(|asked| Sent::honest(asked, &content(), TAG).cut(0)).await.address;
    let refusing = Host::start(|_| Sent::status("403 Forbidden")).await.address;
    let redirecting = Host::start(|_| Sent::redirect("ftp://me:secret@x/f?secret")).await.address;
    for address in [closed, cut, refusing, redirecting] {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("http://me:secret@{address}/f?signature=secret#secret");
        let error = bring(&directory, &url).await.unwrap_err();
        assert!(
            error.starts_with(&format!("cannot fetch `http://{address}/f`: ")) && !error.contains("secret"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_or_has_no_room_is_not_begun() {
    for whole in [false, true] {
        let host = Host::start(move |asked| match whole {
            true => Sent::whole(&content()),
            false => Sent::honest(asked, &content(), TAG),
        })
        .await;
        let directory = tempfile::tempdir().unwrap();
        let small = StoreConfig { max_bytes: 10_299, ..config(&directory) };
        let error = bring_with(small, &host.url("f"), None).await.unwrap_err();
        assert!(error.ends_with("it has 10.06 KiB, and `COG_WEIGHTS_MAX_BYTES` allows 10.06 KiB"), "{error}");
        assert_eq!(host.take().len(), 1);
    }
    let host = Host::start(|_| {
        let headers = "content-range: bytes 0-0/9000000000000000000\r\ncontent-length: 1\r\netag: \"a\"\r\n";
        Sent::new("206 Partial Content", headers, "x")
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let boundless = StoreConfig { max_bytes: u64::MAX, ..config(&directory) };
    let error = bring_with(boundless, &host.url("f"), None).await.unwrap_err();
    assert!(error.contains("are still to come, and the disk of `"), "{error}");
    assert!(
        error.ends_with("left; make room, or set `COG_WEIGHTS_CACHE` to a directory on another disk"),
        "{error}"
    );
    assert_eq!((files(&directory), is_kept(&directory, &host.url("f"))), (Vec::new(), false));
}

#[tokio::test]
async fn a_proxy_is_asked_in_place_of_the_host() {
    let host = Host::start(|asked| {
        assert_eq!(asked.path(), "http://example.invalid/f");
        Sent::honest(asked, &content(), TAG)
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let proxies = Proxies { http: Some(format!("http://{}", host.address)), ..Proxies::default() };
    let proxied = StoreConfig { proxies, ..config(&directory) };
    assert_eq!(bring_with(proxied, "http://example.invalid/f", None).await, Ok(content()));
}

#[tokio::test]
async fn what_nobody_can_fetch_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let told = "cannot fetch `s3://bucket/f`: `s3:` is not known here; use `https:` or `hf:`, or a path";
    assert_eq!(bring(&directory, "s3://bucket/f").await, Err(told.to_owned()));
    let missing = directory.path().join("missing");
    let error = bring(&directory, missing.to_str().unwrap()).await.unwrap_err();
    assert!(error.starts_with(&format!("there are no weights at `{}`: ", missing.display())), "{error}");
}
