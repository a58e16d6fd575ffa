//! What is in the store, and who may change it.

use super::*;

#[tokio::test]
async fn many_who_want_the_same_file_download_it_once() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let url = host.url("f");
    let stores = futures::future::join_all((0..5).map(|_| bring(&directory, &url))).await;
    assert_eq!(stores, vec![Ok(content()); 5]);
    assert_eq!(host.take().len(), 11);
}

#[tokio::test]
async fn files_of_one_directory_are_in_one_directory() {
    let host = Host::start(|asked| Sent::honest(asked, asked.path().as_bytes(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(config(&directory), None);
    let mut paths = Vec::new();
    for name in
        ["a/config.json", "a/model-1.safetensors", "b/model-1.safetensors", "a/f?version=1", "a/f?version=2"]
    {
        let path = store.bring(&source(&host.url(name)), None).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("/{name}"));
        paths.push(path);
    }
    let parents: Vec<_> = paths.iter().map(|path| path.parent().unwrap()).collect();
    assert_eq!(parents[0], parents[1]);
    assert!(parents[1] != parents[2] && parents[3] != parents[4]);
}

#[tokio::test]
async fn with_an_index_comes_what_it_names() {
    let index = br#"{"metadata": {}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-1.safetensors"}}"#;
    let host = Host::start(|asked| match asked.path() {
        path if path.contains("index") => Sent::honest(asked, index, TAG),
        path => Sent::honest(asked, path.as_bytes(), TAG),
    });
    let host = host.await;
    let directory = tempfile::tempdir().unwrap();
    for rest in ["a/m.safetensors.index.json", "b/m.safetensors.index.json?key=1"] {
        let path = Store::new(config(&directory), None).bring(&source(&host.url(rest)), None).await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), index);
        for shard in ["m-1.safetensors", "m-2.safetensors"] {
            let expected = format!("/{}", rest.replace("m.safetensors.index.json", shard));
            assert_eq!(fs::read_to_string(path.with_file_name(shard)).unwrap(), expected);
        }
    }
    assert_eq!(files(&directory).len(), 6);
}

#[tokio::test]
async fn an_index_that_is_none_or_leads_elsewhere_is_refused() {
    for (index, told) in [
        ("[]", "it is no index of files with weights"),
        (r#"{"weight_map": {"a": "../b"}}"#, "the index names `../b`, which is no name of a file beside it"),
        (r#"{"weight_map": {"a": ""}}"#, "the index names ``, which is no name of a file beside it"),
        (
            r#"{"weight_map": {"a": "b.index.json"}}"#,
            "the index names `b.index.json`, which is no name of a file beside it",
        ),
    ] {
        let host = Host::start(|asked| Sent::honest(asked, index.as_bytes(), TAG)).await;
        let directory = tempfile::tempdir().unwrap();
        let url = host.url("m.index.json");
        let error = bring(&directory, &url).await.unwrap_err();
        assert!(error.starts_with(&format!("cannot use `{url}`: {told}")), "{error}");
        assert_eq!(host.take().len(), 1);
    }
}

#[tokio::test]
async fn offline_what_is_there_is_used_and_nobody_is_asked() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let offline = || StoreConfig { is_offline: true, ..config(&directory) };
    let url = host.url("f");
    let told = |what| {
        Err(format!(
            "cannot fetch `{url}`: it {what} in the store at `{}`, and nobody may be asked: unset `COG_OFFLINE` and `HF_HUB_OFFLINE`, \
             or run `weights pull` where there is a network",
            directory.path().display()
        ))
    };
    assert_eq!(bring_with(offline(), &url, None).await, told("is missing"));
    assert_eq!(bring(&directory, &url).await, Ok(content()));
    host.take();
    let (right, wrong) = (sha256_of(&content()), sha256_of(b""));
    assert_eq!(bring_with(offline(), &url, None).await, Ok(content()));
    assert_eq!(bring_with(offline(), &url, Some(right)).await, Ok(content()));
    assert_eq!(bring_with(offline(), &url, Some(wrong)).await, told("has another sha256"));
    assert_eq!(host.take().len(), 0);
}

#[tokio::test]
async fn what_is_there_and_wrong_is_fetched_anew() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let url = host.url("f");
    let place = Place::of(directory.path(), &source(&url)).unwrap();
    place.prepare().unwrap();
    // Of a file without a record nothing is known but its digest.
    fs::write(place.file(), "other").unwrap();
    assert_eq!(bring(&directory, &url).await, Ok(b"other".to_vec()));
    let right = Some(sha256_of(&content()));
    assert_eq!(bring_with(config(&directory), &url, right).await, Ok(content()));
    assert_eq!(host.take().len(), 11);
    // It has been cut short by somebody else.
    fs::write(place.file(), "other").unwrap();
    assert_eq!(bring(&directory, &url).await, Ok(content()));
    assert_eq!(host.take().len(), 11);
}

#[tokio::test]
async fn verdicts() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(config(&directory), None);
    let weights = source(&host.url("f"));
    let (right, wrong) = (sha256_of(&content()), sha256_of(b""));
    assert_eq!(store.verify(&weights, None).unwrap(), Verdict::Missing);
    assert_eq!(store.state(&weights).unwrap().0, State::Missing);
    let path = store.bring(&weights, None).await.unwrap();
    assert_eq!(store.state(&weights).unwrap(), (State::File(10_300), path));
    for (wanted, verdict) in [
        (None, Verdict::Unknown(right)),
        (Some(right), Verdict::Right(right)),
        (Some(wrong), Verdict::Wrong { found: right, wanted: wrong }),
    ] {
        assert_eq!(store.verify(&weights, wanted).unwrap(), verdict);
    }
    let local = source(directory.path().to_str().unwrap());
    assert_eq!(store.verify(&local, None).unwrap(), Verdict::Directory);
}

#[tokio::test]
async fn a_store_that_cannot_be_written_to_is_told() {
    let host = Host::start(|asked| Sent::honest(asked, &content(), TAG)).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let store = Store::new(StoreConfig::new(file.clone()), None);
    let error = format!("{:#}", store.bring(&source(&host.url("f")), None).await.unwrap_err());
    let told = format!(
        "cannot write to the store at `{}`: set `COG_WEIGHTS_CACHE` to a directory that can be written to: ",
        file.display()
    );
    assert!(error.contains(&told), "{error}");
    assert_eq!(host.take().len(), 0, "nothing is asked for that has no place");
}
