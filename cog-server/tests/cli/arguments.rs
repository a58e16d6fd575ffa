//! What is said on the command line, and what is said about it.

use std::net::TcpListener;

use crate::models::{Painter, Teller};
use crate::support::{run, run_with};

#[test]
fn nonsense_is_one_line_and_exit_code_2() {
    for (arguments, line) in [
        (
            &["--prot", "1"][..],
            "error: unexpected argument '--prot' found; tip: a similar argument exists: '--port'",
        ),
        (&["--port", "abc"], "error: invalid value 'abc' for '--port <PORT>': invalid digit found in string"),
        (&["serve", "--x-mode", "train"], "error: this model has no trainer; it can only `predict`"),
        (
            &["--x-mode", "dream"],
            "error: invalid value 'dream' for '--x-mode <MODE>' [possible values: predict, train]",
        ),
        (&["train", "-i", "text=x"], "error: this model has no trainer; it can only `predict`"),
        (
            &["--shutdown-grace", "soon"],
            "error: invalid value 'soon' for '--shutdown-grace <SECONDS>': not a number of seconds",
        ),
        (
            &["--upload-url", "s3://bucket"],
            "error: invalid value 's3://bucket' for '--upload-url <URL>': not an `http:` or `https:` URL",
        ),
        (
            &["predict", "-i", "text=x", "--json", "{}"],
            "error: the argument '--input <NAME=VALUE>' cannot be used with '--json <JSON>'",
        ),
    ] {
        run::<Teller>(arguments).failed(2, line);
    }
}

#[test]
fn an_environment_that_makes_no_sense_is_told() {
    let serve = |port: &str| {
        let port = port.to_owned();
        let directory = tempfile::tempdir().unwrap();
        run_with::<Teller>(&[], directory, |process| process.with_environment([("PORT", port)]))
    };
    serve("abc").failed(1, "error: `PORT=abc` is not a port: set it to a number from 0 to 65535");
    serve("70000").failed(1, "error: `PORT=70000` is not a port: set it to a number from 0 to 65535");

    let warned = run_with::<Teller>(&["predict"], tempfile::tempdir().unwrap(), |process| {
        process.with_environment([("COG_SETUP_TIMEOUT", "soon"), ("PORT", "abc")])
    });
    let line =
        "warning: `COG_SETUP_TIMEOUT=soon` is not a positive whole number of seconds: setting no limit\n";
    assert_eq!(warned.stderr, line);
}

/// The file of the directory is read, and may be missing; one that is named may not.
#[test]
fn a_cog_yaml_that_makes_no_sense_is_told() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cog.yaml"), "concurency: {}\n").unwrap();
    let told = "`concurency` is no key here; write `concurrency`";
    let lines = format!(
        "error: `cog.yaml` makes no sense: line 1 column 1: {told}\n --> cog.yaml:1:1\n  |\n1 | concurency: {{}}\n  | ^ {told}"
    );
    run_with::<Teller>(&["--port", "0"], directory, |process| process).failed(1, &lines);
    run::<Teller>(&["--config", "other.yaml"])
        .failed(1, "error: cannot read `other.yaml`: No such file or directory (os error 2)");
}

#[test]
fn a_port_that_is_taken_is_told_before_the_model_is_loaded() {
    let taken = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let line =
        format!("error: cannot listen on `0.0.0.0`: port {port} is in use; choose another with `--port`");
    for arguments in [&["--port", &port.to_string()][..], &["serve", "--port", &port.to_string()]] {
        run::<Teller>(arguments).failed(1, &line);
    }
    let by_environment = run_with::<Teller>(&["--threads", "4"], tempfile::tempdir().unwrap(), |process| {
        process.with_environment([("PORT", port.to_string())])
    });
    by_environment.failed(1, &line);
    // From a network that is set aside for documentation, so that no machine has it.
    run::<Teller>(&["--host", "203.0.113.1", "--port", "0"]).failed(
        1,
        "error: cannot listen on `203.0.113.1`: it is no address of this machine; choose one with `--host`",
    );
}

#[test]
fn the_help_knows_the_binary_and_the_model() {
    let top = run::<Teller>(&["--help"]);
    let top = &top.succeeded().stdout;
    assert!(top.contains("Usage: model [OPTIONS]\n"), "{top}");
    assert!(top.contains("COG_SETUP_TIMEOUT\n"), "{top}");
    let predict = run::<Teller>(&["predict", "--help"]);
    let predict = &predict.succeeded().stdout;
    for line in [
        "  text      text, optional                          A text.\n",
        "  whole     integer, default `3`\n",
        "  style     one of `plain`, `very-fancy`, optional\n",
        "  scale     one of `2`, `4`, optional\n",
        "  numbers   list of integer, optional\n",
        "  images    list of file, optional\n",
        "  model predict -i text='…'\n",
    ] {
        assert!(predict.contains(line), "{line} in {predict}");
    }
    for flag in ["-V", "-v", "--version"] {
        let version = format!("model (cog-server {})\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(run::<Teller>(&[flag]).succeeded().stdout, version);
    }
}

#[test]
fn the_schema_is_the_document_that_is_served() {
    let ran = run::<Painter>(&["schema"]);
    let document: serde_json::Value = serde_json::from_str(&ran.succeeded().stdout).unwrap();
    assert_eq!(document["openapi"], "3.0.2");
    assert_eq!(document["components"]["schemas"]["Output"]["format"], "uri");
}
