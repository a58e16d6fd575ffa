//! Reading `cog.yaml`, case by case.

use super::*;

#[track_caller]
fn read(text: &str) -> (Option<usize>, Vec<&'static str>) {
    let read = CogYaml::parse("cog.yaml", Ok(text.to_owned())).unwrap();
    (read.max_concurrency.map(NonZeroUsize::get), read.without_effect)
}

#[test]
fn what_is_used_and_what_is_not() {
    let full = "\
build:
  gpu: true
  python_version: 3.10
  python_packages: [torch==2.4.0]
  run:
    - pip install x
image: r8.im/owner/name
run: run.py:Runner
predict: predict.py:Predictor
train: train.py:train
environment: [NAME=VALUE]
concurrency:
  max: 4
  default_target: 2
";
    let unused = ["build", "image", "run", "predict", "train", "environment", "concurrency.default_target"];
    for (text, slots, without_effect) in [
        ("", None, &[][..]),
        ("# nothing\n", None, &[]),
        ("concurrency:\n  max: 4\n", Some(4), &[]),
        ("concurrency: { max: 4 }\n", Some(4), &[]),
        ("{\"concurrency\": {\"max\": 4}}", Some(4), &[]),
        ("concurrency: {}\n", None, &[]),
        (full, Some(4), &unused),
    ] {
        assert_eq!(read(text), (slots, without_effect.to_vec()), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, place, told) in [
        ("concurency:\n  max: 4\n", "1:1", "`concurency` is no key here; write `concurrency`"),
        ("build: {}\nhello: 1\n", "2:1", "`hello` is no key here; there are `build`, `concurrency`, "),
        (
            "concurrency:\n  maximum: 4\n",
            "2:3",
            "`maximum` is no key here; there are `default_target`, `max`",
        ),
        ("concurrency:\n  mx: 4\n", "2:3", "`mx` is no key here; write `max`"),
        ("concurrency:\n  max: 0\n", "2:3", "`0`, expected a whole number from 1 on, such as `max: 4`"),
        ("concurrency:\n  max: -1\n", "2:3", "`-1`, expected a whole number from 1 on"),
        ("concurrency:\n  max: 1.5\n", "2:3", "`1.5`, expected a whole number from 1 on"),
        ("concurrency:\n  max: many\n", "2:3", "\"many\", expected a whole number from 1 on"),
        ("concurrency:\n  max: \"4\"\n", "2:3", "\"4\", expected a whole number from 1 on"),
        ("concurrency:\n  max: yes\n", "2:3", "expected a whole number from 1 on"),
        ("concurrency:\n  max: 99999999999999999999\n", "2:3", "expected a whole number from 1 on"),
        ("concurrency:\n  max: 1\n  max: 2\n", "3:3", "duplicate mapping key: max"),
        ("concurrency: 4\n", "1:14", "expected mapping start"),
        ("- concurrency\n", "1:1", "expected mapping start"),
        ("concurrency: [\n", "1:14", "expected mapping start"),
    ] {
        let error = CogYaml::parse("some/cog.yaml", Ok(text.to_owned())).unwrap_err().to_string();
        assert!(error.starts_with("`some/cog.yaml` makes no sense: line "), "{error}");
        assert!(error.contains(told), "{text}: {error}");
        assert!(error.contains(&format!("some/cog.yaml:{place}\n")), "{text}: {error}");
    }
}

#[test]
fn weights_have_names_and_sources() {
    let digest = "ab".repeat(32);
    let text = format!(
        "weights:\n- name: unet\n  source: hf://o/r@v1/unet.safetensors\n  sha256: {digest}\n- {{source: vae, name: vae}}\n"
    );
    let read = CogYaml::parse("cog.yaml", Ok(text)).unwrap();
    let expected = [
        NamedWeights::new("unet", "hf://o/r@v1/unet.safetensors".parse().unwrap())
            .with_sha256(digest.parse().ok()),
        NamedWeights::new("vae", "vae".parse().unwrap()),
    ];
    assert_eq!((read.weights, read.without_effect), (expected.to_vec(), Vec::new()));
    for text in ["weights: []\n", "concurrency: {}\n"] {
        assert_eq!(CogYaml::parse("cog.yaml", Ok(text.to_owned())).unwrap().weights, []);
    }
}

#[test]
fn wrong_weights_are_told_with_their_place() {
    for (text, place, told) in [
        ("weights: w.gguf\n", "1:10", "expected sequence start"),
        ("weights:\n- w.gguf\n", "2:3", "expected mapping start"),
        ("weights:\n- name: a\n", "2:3", "missing field `source`"),
        ("weights:\n- source: a\n", "2:3", "missing field `name`"),
        ("weights:\n- name: \"\"\n  source: a\n", "2:9", "a name of weights cannot be empty"),
        (
            "weights:\n- {name: a, source: a}\n- name: a\n  source: b\n",
            "3:9",
            "`a` is the name of two weights",
        ),
        (
            "weights:\n- name: a\n  source: hf://owner\n",
            "3:11",
            "`hf://owner` names no weights: it names no file",
        ),
        ("weights:\n- name: a\n  source: https://\n", "3:11", "`https://` names no weights: empty host"),
        (
            "weights:\n- name: a\n  source: a\n  sha256: abc\n",
            "4:11",
            "not a sha256, which has 64 hexadecimal digits",
        ),
        ("weights:\n- name: a\n  sorce: a\n", "3:3", "`sorce` is no key here; write `source`"),
    ] {
        let error = CogYaml::parse("cog.yaml", Ok(text.to_owned())).unwrap_err().to_string();
        assert!(error.contains(told), "{text}: {error}");
        assert!(error.contains(&format!("cog.yaml:{place}\n")), "{text}: {error}");
    }
}

#[test]
fn the_whole_message() {
    let text = "build:\n  gpu: false\nconcurrency:\n  max: many\n";
    let error = CogYaml::parse("cog.yaml", Ok(text.to_owned())).unwrap_err().to_string();
    let told = "invalid type: string \"many\", expected a whole number from 1 on, such as `max: 4`";
    let lines = [
        format!("`cog.yaml` makes no sense: line 4 column 3: {told}"),
        " --> cog.yaml:4:3".to_owned(),
        "  |".to_owned(),
        "2 |   gpu: false".to_owned(),
        "3 | concurrency:".to_owned(),
        "4 |   max: many".to_owned(),
        format!("  |   ^ {told}"),
    ];
    assert_eq!(error, lines.join("\n"));
}
