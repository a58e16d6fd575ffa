//! Where outputs and logs go.

use std::process::ExitCode;

use cog_core::{Value, json};

use crate::models::{Counter, Gallery, Labeler, Painter, Unlucky, Writer};
use crate::support::{Ran, run, run_with};

fn predict<P: cog_core::Predictor>(more: &[&str]) -> Ran {
    run::<P>(&[&["predict"], more].concat())
}

#[test]
fn text_goes_to_standard_output_and_logs_to_standard_error() {
    let ran = predict::<Writer>(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (ExitCode::SUCCESS, "word0 word1 \n"));
    assert_eq!(ran.stderr, "writing 0\nwriting 1\n");
    assert!(ran.files().is_empty());
}

#[test]
fn text_goes_to_the_file_that_is_named() {
    let ran = predict::<Writer>(&["-o", "words.txt"]);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.file("words.txt"), "word0 word1 ");
    assert!(ran.stderr.ends_with("wrote `words.txt`\n"), "{}", ran.stderr);
    let ran = predict::<Writer>(&["-o", "-"]);
    assert_eq!(ran.stdout, "word0 word1 \n");
}

#[test]
fn a_stream_of_values_is_one_line_each() {
    assert_eq!(predict::<Counter>(&[]).succeeded().stdout, "{\"number\":0}\n{\"number\":1}\n");
    assert_eq!(predict::<Counter>(&["-i", "count=0"]).succeeded().stdout, "");
}

#[test]
fn a_file_is_written_where_it_should_be() {
    let svg = "<svg id='0'/>";
    let ran = predict::<Painter>(&[]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "wrote `output.svg`\n"));
    assert_eq!(ran.file("output.svg"), svg);
    assert_eq!(predict::<Painter>(&["-o", "drawn.picture"]).file("drawn.picture"), svg);
    assert_eq!(predict::<Painter>(&["-o", "-"]).succeeded().stdout, svg);
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("out")).unwrap();
    let ran = run_with::<Painter>(&["predict", "-o", "out"], directory, |process| process);
    assert_eq!(ran.file("out/output.svg"), svg);
}

#[test]
fn several_files_are_numbered() {
    let ran = predict::<Gallery>(&[]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "wrote `output.0.svg`\nwrote `output.1.svg`\n")
    );
    assert_eq!(ran.file("output.1.svg"), "<svg id='1'/>");
    assert_eq!(predict::<Gallery>(&["-o", "drawn.x"]).files(), ["drawn.0.x", "drawn.1.x"]);
    assert_eq!(predict::<Gallery>(&["-o", "drawn"]).files(), ["drawn.0.svg", "drawn.1.svg"]);
    predict::<Gallery>(&["-o", "-"]).failed(
        2,
        "error: `-o -` can take one file, and this model may make several: name a file or a directory",
    );
}

#[test]
fn files_inside_a_value_are_written_beside_it() {
    let ran = predict::<Labeler>(&[]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["label"], "a drawing");
    assert_eq!(std::fs::read_to_string(shown["drawing"].as_str().unwrap()).unwrap(), "<svg id='0'/>");
    let ran = predict::<Labeler>(&["-o", "label.json"]);
    assert_eq!(ran.files(), ["label.0.svg", "label.json"]);
    let written: Value = serde_json::from_str(&ran.file("label.json")).unwrap();
    let path = ran.directory.path().join("label.0.svg");
    assert_eq!(written, json!({ "label": "a drawing", "drawing": path.display().to_string() }));
}

#[test]
fn an_output_without_a_place_is_told_before_the_model_is_loaded() {
    for path in ["gone/out.svg", "gone/"] {
        let line = "error: there is no directory `gone";
        let ran = run::<Unlucky>(&["predict", "--weights", "fail", "-o", path]);
        assert!(ran.stderr.starts_with(line), "{}", ran.stderr);
        assert_eq!(ran.code, ExitCode::from(2));
    }
}

#[test]
fn failures_are_told_after_the_logs() {
    predict::<Unlucky>(&[]).failed(1, "so far so good\nerror: reason: cause");
    predict::<Unlucky>(&["--weights", "fail"])
        .failed(1, "looking for weights\nerror: setup failed: cannot load: no such weights");
    let by_environment = run_with::<Unlucky>(&["predict"], tempfile::tempdir().unwrap(), |process| {
        process.with_environment([("COG_WEIGHTS", "fail")])
    });
    by_environment.failed(1, "looking for weights\nerror: setup failed: cannot load: no such weights");
}
