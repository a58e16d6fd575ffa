//! Names of weights, and what becomes of them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::*;
use crate::{Result, Setup};

#[test]
fn each_form_is_known_by_its_scheme() {
    for (text, shown) in [
        ("w.safetensors", "Weights(w.safetensors)"),
        ("/models/vae", "Weights(/models/vae)"),
        ("https://example.com/a/w.gguf", "Weights(https://example.com/a/w.gguf)"),
        ("s3://bucket/w.gguf", "Weights(s3://bucket/w.gguf)"),
        ("hf://o/r/w.gguf", "Weights(hf://o/r@main/w.gguf)"),
        ("hf://Own-er/r.1@refs%2Fpr%2F1/a/b c.gguf", "Weights(hf://Own-er/r.1@refs%2Fpr%2F1/a/b c.gguf)"),
    ] {
        assert_eq!(format!("{:?}", text.parse::<Weights>().unwrap()), shown);
    }
}

#[test]
fn a_path_may_start_at_home() {
    let home = std::env::home_dir().unwrap();
    assert_eq!("~/models/w.gguf".parse(), Ok(Weights::Path(home.join("models/w.gguf"))));
    for text in ["~w.gguf", "models/~/w.gguf", "~other/w.gguf"] {
        assert_eq!(text.parse(), Ok(Weights::Path(text.into())));
    }
}

#[test]
fn files_of_one_directory_are_found_by_one_of_them() {
    let directory = tempfile::Builder::new().suffix(".v1").tempdir().unwrap();
    let directory = directory.path().to_str().unwrap();
    for (text, expected) in [
        (directory, format!("{directory}/config.json")),
        (&format!("{directory}/w.gguf"), format!("{directory}/config.json")),
        ("missing/w.gguf", "missing/config.json".to_owned()),
        ("missing/directory", "missing/directory/config.json".to_owned()),
        ("https://example.com/a/w.gguf", "https://example.com/a/config.json".to_owned()),
        ("https://example.com/a/", "https://example.com/a/config.json".to_owned()),
        ("https://example.com", "https://example.com/config.json".to_owned()),
        ("hf://o/r@1/w.gguf", "hf://o/r@1/config.json".to_owned()),
        ("hf://o/r@1/a/b/w.gguf", "hf://o/r@1/a/b/config.json".to_owned()),
    ] {
        assert_eq!(text.parse::<Weights>().unwrap().file("config.json").to_string(), expected);
    }
    let signed: Weights = "https://example.com/a/w.gguf?key=1".parse().unwrap();
    let Weights::Url(url) = signed.file("config.json") else { panic!("{signed} is an URL") };
    assert_eq!(url.query(), Some("key=1"));
}

#[test]
fn secrets_are_shown_nowhere() {
    let weights: Weights = "https://me:pass@example.com/w.gguf?sig=secret#secret".parse().unwrap();
    assert_eq!(weights.to_string(), "https://example.com/w.gguf");
    let error = "https://me:secret@exa mple.com/w.gguf?sig=secret".parse::<Weights>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`https://exa mple.com/w.gguf` names no weights: invalid international domain name"
    );
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn what_names_no_weights_is_told_with_the_remedy() {
    let form = "write `hf://owner/repo@revision/file`";
    for (text, reason) in [
        ("", "it is empty; write a path, an URL or `hf://owner/repo@revision/file`".to_owned()),
        ("  ", "it is empty; write a path, an URL or `hf://owner/repo@revision/file`".to_owned()),
        ("hf://owner", format!("it names no file; {form}")),
        ("hf://owner/repo@main", format!("it names no file; {form}")),
        ("hf:///repo/file", format!("`` is no name of owner; {form}")),
        ("hf://../repo/file", format!("`..` is no name of owner; {form}")),
        ("hf://owner/@main/file", format!("`` is no name of repository; {form}")),
        (
            "hf://owner/repo@/file",
            format!("`` is no revision; {form}, with `%2F` for a slash in the revision"),
        ),
        (
            "hf://owner/repo@a b/file",
            format!("`a b` is no revision; {form}, with `%2F` for a slash in the revision"),
        ),
        (
            "hf://owner/repo@..%2F../file",
            format!("`..%2F..` is no revision; {form}, with `%2F` for a slash in the revision"),
        ),
        ("hf://owner/repo/", format!("`` is no file in a repository; {form}")),
        ("hf://owner/repo/a//b", format!("`a//b` is no file in a repository; {form}")),
        ("hf://owner/repo/../../b", format!("`../../b` is no file in a repository; {form}")),
        ("hf://owner/repo/a\\b", format!("`a\\b` is no file in a repository; {form}")),
    ] {
        let error = text.parse::<Weights>().unwrap_err();
        assert_eq!(error.to_string(), format!("`{text}` names no weights: {reason}"));
    }
}

#[test]
fn a_sha256_has_sixty_four_digits() {
    let digits = "0123456789abcdefABCDEF0123456789abcdef0123456789abcdef0123456789";
    assert_eq!(digits.parse::<Sha256>().unwrap().to_string(), digits.to_ascii_lowercase());
    for wrong in ["", "abc", &digits[1..], &format!("{digits}0"), &digits.replace('f', "g"), &"é".repeat(32)]
    {
        assert_eq!(wrong.parse::<Sha256>(), Err(Sha256Error), "{wrong}");
    }
}

/// Notes what it is asked for.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

#[async_trait]
impl WeightsStore for Notes {
    async fn fetch(&self, request: WeightsRequest<'_>) -> Result<PathBuf> {
        let digest = request.sha256.map_or_else(String::new, |sha256| format!(" {:.4}", sha256.to_string()));
        self.0.lock().unwrap().push(format!("{}{digest}", request.source));
        Ok("stored".into())
    }
}

fn named() -> Vec<NamedWeights> {
    let unet = NamedWeights::new("unet", "https://example.com/unet".parse().unwrap());
    let vae = NamedWeights::new("vae", "hf://o/r/vae".parse().unwrap());
    vec![unet.with_sha256("ab".repeat(32).parse().ok()), vae]
}

#[tokio::test]
async fn what_is_named_closest_to_the_start_is_brought() {
    let store = Arc::new(Notes::default());
    let with = |weights: Option<&str>, named| {
        Setup::new(weights.map(|text| text.parse().unwrap()))
            .with_named_weights(named)
            .with_store(Some(Arc::clone(&store) as _))
    };
    let default = "http://localhost/default";
    for (setup, expected) in [
        (with(None, Vec::new()), default),
        (with(None, named()), "https://example.com/unet abab"),
        (with(Some("hf://o/r/f"), named()), "hf://o/r@main/f"),
        // The digest goes with the source, however it is named.
        (with(Some("https://example.com/unet"), named()), "https://example.com/unet abab"),
    ] {
        assert_eq!(setup.weights_or(default).await.unwrap(), PathBuf::from("stored"));
        assert_eq!(store.0.lock().unwrap().pop().as_deref(), Some(expected));
    }
    with(None, named()).named_weights("vae").await.unwrap();
    assert_eq!(*store.0.lock().unwrap(), ["hf://o/r@main/vae"]);
}

#[tokio::test]
async fn a_path_is_looked_at_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("w.gguf");
    std::fs::write(&file, "w").unwrap();
    let setup = Setup::default().with_store(Some(Arc::new(Notes::default())));
    for path in [&file, directory.path()] {
        assert_eq!(setup.weights_or(path.to_str().unwrap()).await.unwrap(), path);
    }
    let missing = directory.path().join("missing.gguf");
    let error = setup.weights_or(missing.to_str().unwrap()).await.unwrap_err();
    let told =
        format!("there are no weights at `{}`: No such file or directory (os error 2)", missing.display());
    assert_eq!(format!("{error:#}"), told);
}

#[tokio::test]
async fn what_cannot_be_had_is_told() {
    let setup = Setup::default().with_named_weights(named());
    let error = setup.named_weights("clip").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "no weights are called `clip`; add them to `weights` of `cog.yaml`, where there are: `unet`, `vae`"
    );
    let error = setup.weights_or("unused").await.unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot fetch `https://example.com/unet`: only weights on this machine can be loaded here; give their path"
    );
    let error = Setup::default().named_weights("clip").await.unwrap_err().to_string();
    assert!(error.ends_with("where there are: none"), "{error}");
}
