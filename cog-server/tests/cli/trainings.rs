//! Models that train.

use std::process::ExitCode;

use cog_core::{Input, Output, Path, Result, Scope, Setup, Trainer};
use cog_server::Model;

use crate::models::Painter;
use crate::support::{Ran, run_model};

#[derive(Input)]
struct Lessons {
    /// How many steps to take.
    #[input(ge = 1)]
    steps: usize,
    /// What to start from.
    base: Option<Path>,
}

#[derive(Output)]
struct Trained {
    weights: Path,
}

/// Adds a letter to the weights with each step.
struct School;

impl Trainer for School {
    type Input = Lessons;
    type Output = Trained;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
        scope.log(format!("training {}", lessons.steps));
        let base = lessons.base.as_deref().map(std::fs::read_to_string).transpose()?.unwrap_or_default();
        Ok(Trained { weights: Path::from_bytes("w.txt", base + &"w".repeat(lessons.steps)) })
    }
}

fn both() -> Model {
    Model::predictor::<Painter>().with_trainer::<School>()
}

fn run(model: &Model, arguments: &[&str]) -> Ran {
    run_model(model, arguments, tempfile::tempdir().unwrap(), |process| process)
}

#[test]
fn a_training_is_run_as_a_prediction_is() {
    for model in [both(), Model::trainer::<School>()] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("base.txt"), "base-").unwrap();
        let arguments = ["train", "-i", "steps=2", "-i", "base=@base.txt", "-o", "trained.json"];
        let ran = run_model(&model, &arguments, directory, |process| process);
        assert_eq!(ran.code, ExitCode::SUCCESS, "{}", ran.stderr);
        assert_eq!(ran.files(), ["base.txt", "trained.0.txt", "trained.json"]);
        assert_eq!(ran.file("trained.0.txt"), "base-ww");
        assert_eq!(
            ran.stderr, "training 2\nwrote `trained.0.txt`\nwrote `trained.json`\n",
            "logs come before the output"
        );
    }
    run(&both(), &["predict"]).succeeded_with("wrote `output.svg`\n");
}

#[test]
fn each_knows_its_own_inputs() {
    run(&both(), &["train", "-i", "steps=0"])
        .failed(2, "error: input `steps`: 0 is less than the minimum of 1");
    let ran = run(&both(), &["train", "-i", "count=1"]);
    assert!(ran.stderr.starts_with("error: there is no input `count`\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("\n  steps  integer, required"), "{}", ran.stderr);
    run(&both(), &["predict", "-i", "count=x"]).failed(2, "error: input `count`: `x` is not a whole number");
}

#[test]
fn a_role_that_the_model_does_not_play_is_a_fault_of_the_command_line() {
    let trainer = "error: this model has no predictor; it can only `train`";
    let predictor = "error: this model has no trainer; it can only `predict`";
    for (model, arguments, line) in [
        (Model::trainer::<School>(), &["predict"][..], trainer),
        (Model::trainer::<School>(), &["--x-mode", "predict"], trainer),
        (Model::trainer::<School>(), &["serve", "--x-mode=predict"], trainer),
        (Model::predictor::<Painter>(), &["train"], predictor),
        (Model::predictor::<Painter>(), &["--x-mode", "train"], predictor),
    ] {
        run(&model, arguments).failed(2, line);
    }
}

#[test]
fn the_help_shows_what_the_model_can_do() {
    for (model, shown, hidden) in [
        (
            both(),
            &["  predict ", "  train ", "--x-mode", "model predict -i", "model train -i steps=1"][..],
            &[][..],
        ),
        (Model::trainer::<School>(), &["  train ", "model train -i steps=1"], &["predict ", "--x-mode"]),
        (Model::predictor::<Painter>(), &["  predict "], &["train", "--x-mode"]),
    ] {
        let ran = run(&model, &["-h"]);
        let help = &ran.succeeded().stdout;
        for text in shown {
            assert!(help.contains(text), "{text} in {help}");
        }
        for text in hidden {
            assert!(!help.contains(text), "{text} not in {help}");
        }
    }
    let ran = run(&both(), &["train", "--help"]);
    let help = &ran.succeeded().stdout;
    assert!(
        help.contains("Inputs of a training:\n  steps  integer, required  How many steps to take.\n"),
        "{help}"
    );
    assert!(help.contains("Ctrl-C cancels the training"), "{help}");
}

#[test]
fn the_schema_is_that_of_the_model() {
    for (model, names) in [
        (both(), &["Input", "Output", "TrainingInput", "TrainingOutput"][..]),
        (Model::trainer::<School>(), &["TrainingInput", "TrainingOutput"]),
        (Model::predictor::<Painter>(), &["Input", "Output"]),
    ] {
        let ran = run(&model, &["schema"]);
        let document: serde_json::Value = serde_json::from_str(&ran.succeeded().stdout).unwrap();
        assert_eq!(document, model.openapi());
        let components = document.pointer("/components/schemas").unwrap().as_object().unwrap();
        let found: Vec<_> = components.keys().filter(|name| name.ends_with("put")).collect();
        assert_eq!(found, names);
    }
}
