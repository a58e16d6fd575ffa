//! Section 18: what is left of everything.

mod rounds;

use std::fs;

use serde_json::json;

use self::rounds::Rounds;
use crate::support::{Server, Stage, eventually};

/// More than one, as clients that leave keep some for a moment.
const SLOTS: usize = 4;

/// Contract 18.11, 18.12; D21. The model is one whose outputs have values and files.
#[test]
fn nothing_is_left_of_anything() {
    let rounds = Rounds::new();
    let launch = Server::launch("object").slots(SLOTS).arg("--allow-private-urls");
    let server = launch.arg("--upload-url").arg(&rounds.upload_url()).ready();
    // Before anything has been asked for, so that what is made when it is first needed has to go as well.
    let before = Held::by(&server);
    // Ten times, so that the allocator has what it needs for everything that may come together.
    rounds.play(&server, 10);
    let held = eventually(|| Some(Held::by(&server)).filter(|now| now.files <= before.files));
    rounds.play(&server, 10);
    // Threads for blocking calls go when nobody has needed them for some seconds.
    let now = eventually(|| {
        Some(Held::by(&server)).filter(|now| now.files <= before.files && now.threads <= before.threads)
    });
    assert!(
        now.memory <= held.memory + held.memory / 10,
        "{} KiB have become {} KiB",
        held.memory,
        now.memory
    );
    assert_eq!(server.left(), [""; 0]);

    let stage = Stage::new();
    for slot in 0..SLOTS {
        server.begin(&format!("in-{slot}"), &json!([stage.meet()]));
    }
    let _visits: Vec<_> = (0..SLOTS).map(|_| stage.visit()).collect();
}

/// What the system says that a process has.
struct Held {
    /// Connections among them.
    files: usize,
    threads: usize,
    /// In KiB.
    memory: usize,
}

impl Held {
    fn by(server: &Server) -> Self {
        let process = format!("/proc/{}", server.process_id());
        let count = |what: &str| fs::read_dir(format!("{process}/{what}")).unwrap().count();
        let status = fs::read_to_string(format!("{process}/status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory = memory.trim().trim_end_matches(" kB").parse().unwrap();
        Self { files: count("fd"), threads: count("task"), memory }
    }
}
