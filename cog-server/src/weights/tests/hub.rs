//! The model hub: its URLs, its redirects, its token and its digests.

use super::*;

fn at(host: &Host, token: Option<&str>, directory: &TempDir) -> StoreConfig {
    let endpoint = format!("http://{}/", host.address);
    StoreConfig { hub: Hub::new(Some(endpoint), token.map(str::to_owned)), ..config(directory) }
}

fn sha256() -> Sha256 {
    sha256_of(&content())
}

/// A hub, and the host of large files that it sends everybody to.
async fn hub(told: String) -> (Host, Host) {
    let large = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let location = large.url("large?signature=secret");
    let hub =
        Host::start(move |_| Sent::redirect(&location).with(&format!("x-linked-etag: \"{told}\""))).await;
    (hub, large)
}

#[tokio::test]
async fn a_file_of_a_hub_comes_from_where_it_sends_us() {
    let (hub, large) = hub(sha256().to_string()).await;
    let directory = tempfile::tempdir().unwrap();
    let text = "hf://owner/repo@refs%2Fpr%2F1/a b/model.gguf";
    let config = || at(&hub, Some("hf_secret"), &directory);
    assert_eq!(bring_with(config(), text, None).await, Ok(content()));
    let asked = hub.take();
    assert!(asked.iter().all(|asked| asked.path() == "/owner/repo/resolve/refs%2Fpr%2F1/a%20b/model.gguf"));
    assert!(asked.iter().all(|asked| asked.header("authorization") == Some("Bearer hf_secret")));
    // The way there is gone once, or a few times where chunks begin together.
    assert!(asked.len() <= 4, "{asked:?}");
    let asked = large.take();
    assert!(asked.iter().all(|asked| asked.path() == "/large?signature=secret"));
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()), "the token is not for others");
    let path = directory.path().join("files/hf/owner/repo@refs%2Fpr%2F1/a b/model.gguf");
    assert!(path.exists());
    // What the hub told is noted, so that it can be checked again.
    let store = Store::new(config(), None);
    assert_eq!(store.verify(&source(text), None).unwrap(), Verdict::Right(sha256()));
    fs::write(path, "x").unwrap();
    assert!(matches!(store.verify(&source(text), None).unwrap(), Verdict::Wrong { .. }));
}

#[tokio::test]
async fn what_the_hub_tells_of_a_file_has_to_be_true() {
    let (hub, _large) = hub("ab".repeat(32)).await;
    let directory = tempfile::tempdir().unwrap();
    let error = bring_with(at(&hub, None, &directory), "hf://o/r/f", None).await.unwrap_err();
    let told = format!(
        "its sha256 is {}, and not {} as the hub says; what has arrived is not kept",
        sha256(),
        "ab".repeat(32)
    );
    assert_eq!(error, format!("cannot fetch `hf://o/r@main/f`: {told}"));
    assert_eq!((files(&directory), is_kept(&directory, "hf://o/r/f")), (Vec::new(), false));
    // Small files have a tag of another sort, which says nothing here.
    let (hub, _large) = self::hub("0123456789abcdef0123456789abcdef01234567".to_owned()).await;
    assert_eq!(bring_with(at(&hub, None, &directory), "hf://o/r/f", None).await, Ok(content()));
}

#[tokio::test]
async fn a_signature_that_runs_out_is_made_anew() {
    let large = Host::start(|asked| match asked.number {
        5 | 6 => Sent::status("403 Forbidden"),
        _ => Sent::honest(asked, &content(), TAG),
    })
    .await;
    let location = large.url("large");
    let hub = Host::start(move |_| Sent::redirect(&location)).await;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(bring_with(at(&hub, None, &directory), "hf://o/r/f", None).await, Ok(content()));
}

#[tokio::test]
async fn refusals_of_the_hub_are_told_with_the_remedy() {
    for (status, token, remedy) in [
        ("401 Unauthorized", None, "set `HF_TOKEN` to a token that may read the repository"),
        ("403 Forbidden", Some("hf_secret"), "the token in `HF_TOKEN` may not read the repository"),
        ("404 Not Found", None, "check the owner, the repository, the revision and the file"),
    ] {
        let host = Host::start(move |_| Sent::status(status)).await;
        let directory = tempfile::tempdir().unwrap();
        let error = bring_with(at(&host, token, &directory), "hf://o/r/f", None).await.unwrap_err();
        let url = host.url("o/r/resolve/main/f");
        assert_eq!(error, format!("cannot fetch `hf://o/r@main/f`: `{url}` answered {status}; {remedy}"));
        assert_eq!(host.take().len(), 1, "asking again would not help");
    }
    let directory = tempfile::tempdir().unwrap();
    let nowhere = StoreConfig { hub: Hub::new(Some("nowhere".to_owned()), None), ..config(&directory) };
    let error = bring_with(nowhere, "hf://o/r/f", None).await.unwrap_err();
    assert!(error.ends_with("`HF_ENDPOINT` is no `http:` or `https:` URL"), "{error}");
}
