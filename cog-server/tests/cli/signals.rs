//! Being told to stop, and having nobody to write to.

use std::process::ExitCode;

use tokio::sync::mpsc;

use crate::models::{Painter, Stubborn, Unlucky, Writer};
use crate::support::{Closed, Tripwire, run_with};

#[test]
fn a_signal_cancels_the_prediction_which_cleans_up() {
    let (sender, signals) = mpsc::unbounded_channel();
    let directory = tempfile::tempdir().unwrap();
    let marker = format!("marker={}", directory.path().join("marker").display());
    let ran = run_with::<Writer>(&["predict", "-i", &marker], directory, |process| {
        process.with_stdout(Tripwire(vec![sender])).with_signals(signals)
    });
    assert_eq!(ran.code, ExitCode::from(130));
    assert!(ran.stderr.ends_with("canceled\n"), "{}", ran.stderr);
    assert_eq!(ran.files(), ["marker"]);
}

#[test]
fn a_signal_ends_a_setup_that_hangs() {
    let (sender, signals) = mpsc::unbounded_channel();
    sender.send(143).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ran = run_with::<Unlucky>(&["predict", "--weights", "hang"], directory, |process| {
        process.with_signals(signals)
    });
    ran.failed(143, "canceled");
}

#[test]
fn a_second_signal_leaves_behind_what_does_not_stop() {
    let (sender, signals) = mpsc::unbounded_channel();
    // The first of these cancels, the second is there when it has.
    let twice = Tripwire(vec![sender.clone(), sender]);
    let ran = run_with::<Stubborn>(&["predict"], tempfile::tempdir().unwrap(), |process| {
        process.with_stdout(twice).with_signals(signals)
    });
    let told = "warning: the prediction did not stop; leaving it behind\ncanceled\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (ExitCode::from(130), told));
}

#[test]
fn a_reader_that_has_gone_is_no_news() {
    let directory = tempfile::tempdir().unwrap();
    let marker = format!("marker={}", directory.path().join("marker").display());
    let ran = run_with::<Writer>(&["predict", "-i", "count=1", "-i", &marker], directory, |process| {
        process.with_stdout(Closed)
    });
    assert_eq!((ran.code, ran.stderr.as_str()), (ExitCode::from(141), "writing 0\n"));
    assert_eq!(ran.files(), ["marker"]);
    for arguments in [&["schema"][..], &["--help"], &["predict", "-o", "-"]] {
        let directory = tempfile::tempdir().unwrap();
        let ran = run_with::<Painter>(arguments, directory, |process| process.with_stdout(Closed));
        assert_eq!((ran.code, ran.stderr.as_str()), (ExitCode::from(141), ""));
    }
}
