//! Real processes that print in every way there is. A process of its own for each, as its streams are captured.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is about printing, and a test that cannot go on has failed"
)]

use std::io::{Write, stdout};
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{env, thread};

use cog_process::{Capture, Printed, Sink, Stream, duplicate};

/// The variable that tells a process that it is the child, and what to do.
const ROLE: &str = "COG_PROCESS_TEST_ROLE";

/// Tells the test what has been handed over.
struct Tell(Sender<(Stream, String)>);

impl Sink for Tell {
    fn take(&mut self, stream: Stream, text: &str) {
        let _ = self.0.send((stream, text.to_owned()));
    }
}

struct Captured {
    capture: Capture<Tell>,
    pieces: Receiver<(Stream, String)>,
}

impl Captured {
    fn begin() -> Self {
        let (sender, pieces) = channel();
        Self { capture: Capture::begin(1 << 20, Tell(sender)).unwrap(), pieces }
    }

    /// What has been handed over by now to one stream after the other.
    fn settled(&self) -> (Vec<String>, Vec<String>) {
        self.capture.printed().settle(|_| ());
        self.so_far()
    }

    fn so_far(&self) -> (Vec<String>, Vec<String>) {
        let (stdout, stderr): (Vec<_>, Vec<_>) =
            self.pieces.try_iter().partition(|(stream, _)| *stream == Stream::Stdout);
        let texts = |pieces: Vec<(Stream, String)>| pieces.into_iter().map(|(_, text)| text).collect();
        (texts(stdout), texts(stderr))
    }

    /// Waits for the next piece.
    fn next(&self) -> (Stream, String) {
        self.pieces.recv_timeout(Duration::from_secs(60)).unwrap()
    }
}

/// Prints by way of C's standard output.
#[expect(unsafe_code, reason = "only C can show what C does")]
fn print_in_c(text: &str) {
    let text = std::ffi::CString::new(text).unwrap();
    // SAFETY: the format takes one string, and the string ends with a zero.
    unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) };
}

fn shell(script: &str) {
    assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
}

/// Does something in a process of its own, which must end well, and returns what that process really printed.
fn in_a_child(role: &str) -> Output {
    let child = ["--exact", "child", "--nocapture", "--quiet"];
    let output = Command::new(env::current_exe().unwrap()).args(child).env(ROLE, role).output().unwrap();
    assert!(output.status.success(), "{role}: {output:?}");
    output
}

/// Not a test but what the tests run in processes of their own. Without a role there is nothing to do.
#[test]
fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    let (_, act) = ROLES.iter().find(|(name, _)| *name == role).unwrap();
    act();
}

const ROLES: &[(&str, fn())] = &[
    ("everybody", everybody),
    ("live", live),
    ("unterminated", unterminated),
    ("flood", flood),
    ("restored", restored),
    ("closed", closed),
];

#[test]
fn whoever_prints_is_heard() {
    in_a_child("everybody");
}

fn everybody() {
    let captured = Captured::begin();
    println!("from println");
    eprintln!("from eprintln");
    print_in_c("from C\n");
    shell("echo from a child; echo to its stderr >&2");
    thread::spawn(|| println!("from a thread")).join().unwrap();
    let (stdout, stderr) = captured.settled();
    assert_eq!(stdout, ["from println\n", "from C\n", "from a child\n", "from a thread\n"]);
    assert_eq!(stderr, ["from eprintln\n", "to its stderr\n"]);
    // Written past every buffer.
    let mut raw = duplicate(Stream::Stdout).unwrap();
    raw.write_all(b"raw \xff bytes\n").unwrap();
    assert_eq!(captured.settled().0, ["raw \u{fffd} bytes\n"]);
    let message = thread::spawn(|| assert_eq!(1, 2, "numbers differ")).join();
    assert!(message.is_err());
    let (_, stderr) = captured.settled();
    assert!(stderr.concat().contains("numbers differ"), "{stderr:?}");
}

#[test]
fn pieces_come_while_the_code_still_runs() {
    in_a_child("live");
}

fn live() {
    let captured = Captured::begin();
    println!("first");
    assert_eq!(captured.next(), (Stream::Stdout, "first\n".to_owned()));
    eprint!("1%\r2%\r");
    assert_eq!(captured.next(), (Stream::Stderr, "1%\r".to_owned()));
    assert_eq!(captured.next(), (Stream::Stderr, "2%\r".to_owned()));
    print_in_c("C does not wait");
    assert_eq!(captured.next(), (Stream::Stdout, "C does not wait".to_owned()));
    eprint!(".");
    assert_eq!(captured.next(), (Stream::Stderr, ".".to_owned()), "dots are seen as they are printed");
}

#[test]
fn an_unterminated_line_comes_before_the_change() {
    in_a_child("unterminated");
}

fn unterminated() {
    let (sender, pieces) = channel();
    let capture = Capture::begin(100, Tell(sender)).unwrap();
    let (other, later) = channel();
    print!("held by Rust");
    eprint!("held by us");
    print_in_c(", held by C");
    capture.printed().settle(|sink| sink.0 = other);
    println!("next");
    drop(capture);
    let mut texts: Vec<_> = pieces.iter().collect();
    texts.sort_by_key(|(stream, _)| *stream == Stream::Stderr);
    let texts: Vec<_> = texts.iter().map(|(_, text)| text.as_str()).collect();
    // Rust lets go of an unterminated line when it is asked to, C at once.
    assert_eq!(texts.concat(), ", held by Cheld by Rustheld by us");
    assert_eq!(later.iter().collect::<Vec<_>>(), [(Stream::Stdout, "next\n".to_owned())]);
}

#[test]
fn a_flood_from_all_sides_loses_nothing() {
    in_a_child("flood");
}

fn flood() {
    const LINES: usize = 20_000;
    let captured = Captured::begin();
    let printed: Printed<Tell> = captured.capture.printed();
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| (0..LINES).for_each(|number| println!("line {number} of many")));
            threads.spawn(|| (0..LINES).for_each(|number| eprintln!("line {number} of many")));
        }
        // Nobody waits for an end of it.
        for _ in 0..100 {
            printed.settle(|_| ());
        }
    });
    let (stdout, stderr) = captured.settled();
    assert_eq!((stdout.concat().lines().count(), stderr.concat().lines().count()), (2 * LINES, 2 * LINES));
    let whole = stdout.concat().lines().filter(|line| line.ends_with(" of many")).count();
    assert_eq!(whole, 2 * LINES);
}

#[test]
fn the_streams_are_as_before_when_it_is_over() {
    let output = in_a_child("restored");
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(stdout.contains("before\nreally\nafter\nC after\n"), "{stdout}");
    assert!(stderr.contains("really\nafter\n"), "{stderr}");
    assert!(!stdout.contains("captured") && !stderr.contains("captured"), "{stdout}{stderr}");
}

fn restored() {
    let (mut real_stdout, mut real_stderr) =
        (duplicate(Stream::Stdout).unwrap(), duplicate(Stream::Stderr).unwrap());
    print!("before");
    stdout().flush().unwrap();
    println!();
    let captured = Captured::begin();
    println!("captured");
    eprintln!("captured");
    print_in_c("captured");
    real_stdout.write_all(b"really\n").unwrap();
    real_stderr.write_all(b"really\n").unwrap();
    let Captured { capture, pieces } = captured;
    drop(capture);
    assert_eq!(pieces.iter().count(), 3);
    println!("after");
    eprintln!("after");
    print_in_c("C after\n");
}

#[test]
fn a_stream_that_is_closed_by_somebody_harms_nobody() {
    in_a_child("closed");
}

/// Closes standard error in the middle of a line, as a daemon does.
#[expect(unsafe_code, reason = "what a library may do that we would not")]
fn closed() {
    let captured = Captured::begin();
    eprint!("last words");
    // SAFETY: nobody here owns the descriptor, and nothing is opened after it.
    unsafe { libc::close(2) };
    println!("still here");
    let (stdout, stderr) = captured.settled();
    assert_eq!((stdout.concat(), stderr.concat()), ("still here\n".to_owned(), "last words".to_owned()));
}
