//! Section 11: logs.

use serde_json::{Value, json};

use crate::support::{Server, Stage, eventually};

/// The logs of a prediction that takes these steps.
#[track_caller]
fn logs(server: &Server, id: &str, steps: &Value) -> String {
    let reply = server.post("/predictions", &json!({ "id": id, "input": { "steps": steps } }));
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("succeeded")), "{}", reply.text());
    reply.json()["logs"].as_str().unwrap().to_owned()
}

/// The lines of the server's log whose message is this: their members below `fields`.
fn repeated(server: &Server, message: &str) -> Vec<Value> {
    let lines = server.log();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.map(|line| line["fields"].clone()).filter(|fields| fields["message"] == message).collect()
}

/// Contract 11.1.
#[test]
fn what_is_logged_is_in_order() {
    for slots in [1, 2] {
        let server = Server::launch("value").slots(slots).ready();
        let steps = json!([
            { "log": "a" },
            { "trace": "b" },
            { "write": { "source": "stderr", "text": "c" } },
            { "write": { "source": "stdout", "text": " d\n" } },
            { "flood": 3 },
            { "log": "" },
            { "log": "é\nf" },
        ]);
        assert_eq!(logs(&server, "p", &steps), "a\nb\nc d\n0\n1\n2\n\né\nf\n");
    }
}

/// Contract 11.2, 11.3, 11.5; D26, D41.
#[test]
fn what_is_printed_is_logged_whoever_prints_it() {
    let server = Server::of("value");
    for step in ["stdout", "descriptor", "child", "stderr"] {
        let line = |text: &str| json!({ step: text });
        for (steps, expected) in [
            (json!([line("one\n"), line("two\n")]), "one\ntwo\n"),
            (json!([line("10%\r"), line("20%\r"), line("done\n")]), "10%\r20%\rdone\n"),
            (json!([line("no "), line("end")]), "no end"),
            (json!([line("é\n\n")]), "é\n\n"),
            (json!([{ "log": "logged" }]), "logged\n"),
            (json!([]), ""),
        ] {
            assert_eq!(logs(&server, "p", &steps), expected, "{step}");
        }
    }
    let steps = json!([{ "stdout": "1\n" }, { "descriptor": "2\n" }, { "child": "3\n" }, { "stdout": "4" }]);
    assert_eq!(logs(&server, "p", &steps), "1\n2\n3\n4");
}

/// Contract 11.5; D26. However the prediction ends.
#[test]
fn a_line_without_an_end_stays_with_its_prediction() {
    let server = Server::of("value");
    for (end, status) in [
        (json!({ "output": 1 }), "succeeded"),
        (json!({ "fail": ["no"] }), "failed"),
        (json!({ "panic": "no" }), "failed"),
    ] {
        for stream in ["stdout", "stderr"] {
            let reply = server.predict(&json!({ "steps": [{ stream: "second part" }, end] })).json();
            assert_eq!(reply["status"], status);
            assert!(reply["logs"].as_str().unwrap().contains("second part"), "{reply}");
            assert_eq!(logs(&server, "next", &json!([{ "stdout": "own\n" }])), "own\n", "after {end}");
        }
    }
}

/// Contract 11.4.
#[test]
fn what_is_printed_is_told_while_it_runs() {
    let server = Server::of("value");
    let stage = Stage::new();
    server.begin("p", &json!([stage.meet()]));
    let mut visit = stage.visit();
    let mut expected = String::new();
    for text in ["a line\n", "10%\r", "20%\r", "Proceed? "] {
        visit.tell(&json!({ "stdout": text }));
        expected += text;
        eventually(|| (server.get("/predictions/p").json()["logs"] == expected).then_some(()));
    }
    visit.leave();
    assert_eq!(server.ended("p")["logs"], expected);
}

/// Contract 11.6, 11.13; D41.
#[test]
fn with_several_slots_only_what_is_logged_belongs_to_a_prediction() {
    let server = Server::launch("value").slots(2).ready();
    let stage = Stage::new();
    let mut visits = ["a", "b"].map(|name| {
        server.begin(name, &json!([stage.meet()]));
        stage.visit()
    });
    for (place, name) in [(0, "a"), (1, "b"), (0, "a")] {
        let visit = &mut visits[place];
        visit.tell(&json!({ "log": format!("logged by {name}") }));
        visit.tell(&json!({ "trace": format!("traced by {name}") }));
        visit.tell(&json!({ "stdout": "printed by somebody\n" }));
    }
    drop(visits);
    assert_eq!(server.ended("a")["logs"], "logged by a\ntraced by a\nlogged by a\ntraced by a\n");
    assert_eq!(server.ended("b")["logs"], "logged by b\ntraced by b\n");
    let printed = json!({ "message": "printed by somebody", "source": "stdout" });
    eventually(|| (repeated(&server, "printed by somebody") == vec![printed.clone(); 3]).then_some(()));
}

/// Contract 11.7, 11.13.
#[test]
fn what_setup_prints_is_its_own() {
    let steps = json!([{ "log": "logged" }, { "stdout": "printed\n" }, { "child": "no end" }]);
    let server = Server::launch("value").setup(&steps).ready();
    let setup = server.get("/health-check").json()["setup"]["logs"].as_str().unwrap().to_owned();
    // What goes through a pipe may come a moment later than what does not.
    let mut lines: Vec<&str> = setup.split_inclusive('\n').collect();
    lines.sort_unstable();
    assert_eq!(lines.concat().replace('\n', ""), "loggedno endprinted", "{setup:?}");
    assert_eq!(logs(&server, "p", &json!([{ "stdout": "own\n" }])), "own\n");
    server.logged("no end");
    assert_eq!(repeated(&server, "printed"), [json!({ "message": "printed", "source": "stdout" })]);
}

/// Contract 11.8.
#[test]
fn what_is_printed_can_be_left_alone() {
    let server = Server::launch("value").env("COG_CAPTURE_OUTPUT", "false").ready();
    let steps = json!([{ "stdout": "to nobody\n" }, { "stderr": "printed as it is\n" }, { "log": "logged" }]);
    assert_eq!(logs(&server, "p", &steps), "logged\n");
    assert_eq!(server.logged("printed as it is"), "printed as it is", "no JSON around it");
}

/// Contract 11.9.
#[test]
fn a_long_text_is_cut() {
    const LIMIT: usize = 4 << 20;
    let server = Server::of("value");
    let mark = "[**** LOG LINE TRUNCATED AT 4 MiB ****]\n";
    let text = "x".repeat(LIMIT + 100);
    for (kind, end) in [("log", ""), ("trace", ""), ("stdout", "\n")] {
        let steps = json!([{ kind: format!("{text}{end}") }, { kind: format!("next{end}") }]);
        let logs = logs(&server, "p", &steps);
        let cut = logs.strip_suffix("next\n").unwrap_or_default();
        assert!(cut.len() <= LIMIT && cut.len() > LIMIT - 100, "{} bytes of {kind}", logs.len());
        assert!(cut.ends_with(mark) && cut.starts_with("xxx"), "{kind}");
    }
    let fits = "x".repeat(LIMIT - 1);
    assert_eq!(logs(&server, "p", &json!([{ "log": fits }])).len(), LIMIT);
}

/// Contract 11.10; D42. The server is told to keep the texts out of its own log.
#[test]
fn the_logs_of_a_prediction_end() {
    const LIMIT: usize = 64 << 20;
    let server = Server::launch("value").env("RUST_LOG", "cog_server=info").ready();
    let text = "x".repeat(4 << 20);
    let mut steps = vec![json!({ "write": { "source": "stdout", "text": text } }); 17];
    steps.push(json!({ "log": "beyond" }));
    let logs = logs(&server, "p", &json!(steps));
    let (kept, notice) = logs.split_at(LIMIT);
    assert!(kept.bytes().all(|byte| byte == b'x'));
    assert_eq!(notice, "\n[a prediction may log 67108864 bytes: the rest is left out]\n");
}

/// Contract 11.11, 11.12.
#[test]
fn the_server_repeats_each_line_with_its_prediction() {
    let server = Server::of("value");
    let steps = json!([
        { "log": "logged" },
        { "write": { "source": "stderr", "text": "written\n" } },
        { "stdout": "printed\n" },
        { "stderr": "complained\n" },
        { "child": "born" },
    ]);
    logs(&server, "p-1", &steps);
    for (message, source) in [
        ("logged", "stdout"),
        ("written", "stderr"),
        ("printed", "stdout"),
        ("complained", "stderr"),
        ("born", "stdout"),
    ] {
        let line: Value = serde_json::from_str(&server.logged(&format!("\"{message}\""))).unwrap();
        let mut members: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        members.retain(|member| *member != "spans");
        members.sort_unstable();
        assert_eq!(members, ["fields", "level", "target", "timestamp"]);
        let fields = json!({ "message": message, "prediction_id": "p-1", "source": source });
        assert_eq!((&line["level"], &line["fields"]), (&json!("INFO"), &fields));
        assert_eq!(repeated(&server, message).len(), 1, "once");
    }
}

/// Contract 11.14.
#[test]
fn nothing_is_printed_to_standard_output() {
    let steps = json!([{ "stdout": "printed\n" }, { "child": "born\n" }, { "exit": 7 }]);
    let output = Server::launch("value").setup(&steps).arg("--port").arg("0").run();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}
