//! Section 6: clients that come late, come back, and are slow.

use serde_json::{Value, json};

use crate::support::{EventStream, Frame, Server, Stage};

/// How many events are told again and how far a client may fall behind, if nothing else is said.
const LAST: usize = 1024;

/// Contract 6.15, 6.16; D11.
#[test]
fn who_comes_back_goes_on_where_it_was() {
    let server = Server::of("value");
    let stage = Stage::new();
    let steps = json!([{ "log": "one" }, { "log": "two" }, stage.meet()]);
    let begun_with_events = json!({ "input": { "steps": steps } });
    let first = EventStream::open(&server, "PUT", "/predictions/b1", &begun_with_events);
    follow_in_three_ways(&server, &stage, first, "b1");
    server.begin("b2", &steps);
    let first = EventStream::join(&server, "b2");
    follow_in_three_ways(&server, &stage, first, "b2");
}

/// Follows a prediction that has logged two lines and waits for the test, in three ways at once, to its end.
fn follow_in_three_ways(server: &Server, stage: &Stage, first: EventStream, id: &str) {
    let mut visit = stage.visit();
    let again = EventStream::join(server, id);
    let after = EventStream::join_after(server, id, 1);
    let after_all = EventStream::join_after(server, id, 2);
    visit.tell(&json!({ "log": "three" }));
    visit.leave();
    let all = first.rest();
    assert_eq!(
        all.iter().map(|frame| &*frame.event).collect::<Vec<_>>(),
        ["start", "log", "log", "log", "output", "completed"]
    );
    assert_eq!(ids(&all), (0..6).map(Some).collect::<Vec<_>>());
    assert_eq!(again.rest(), all);
    assert_eq!(after.rest(), all[2..]);
    assert_eq!(after_all.rest(), all[3..]);
}

/// Contract 6.17, 6.20.
#[test]
fn what_was_seen_of_another_prediction_does_not_count() {
    let server = Server::of("value");
    let stage = Stage::new();
    let put = |steps: Value, last: &str| {
        let body = json!({ "input": { "steps": steps } });
        EventStream::open_with(&server, "PUT", "/predictions/again", &[("last-event-id", last)], &body)
    };
    for last in ["1", "57", "junk", ""] {
        let frames = put(json!([{ "log": "line" }]), last).rest();
        assert_eq!(ids(&frames), [Some(0), Some(1), Some(2), Some(3)], "{last}");
    }
    let first = put(json!([{ "log": "line" }, stage.meet()]), "3");
    let visit = stage.visit();
    let others = [put(json!([]), "57"), put(json!([]), "2"), put(json!([]), "junk")];
    visit.leave();
    let all = first.rest();
    assert_eq!(all[0].id, Some(0));
    for other in others {
        assert_eq!(other.rest(), all);
    }
}

/// Contract 6.18; D11.
#[test]
fn a_replay_is_as_long_as_it_is_told_to_be() {
    let stage = Stage::new();
    for (server, capacity) in [
        (Server::of("value"), LAST),
        (Server::launch("value").env("COG_STREAM_HISTORY_CAPACITY", "4").ready(), 4),
        (Server::launch("value").env("COG_STREAM_HISTORY_CAPACITY", "2000").ready(), 2000),
    ] {
        let lines = capacity + 6;
        server.begin("r1", &json!([{ "flood": lines }, stage.meet()]));
        let visit = stage.visit();
        // Events 0 to `lines`: a start, and the lines.
        let oldest = (lines + 1 - capacity) as u64;
        let mut late = EventStream::join(&server, "r1");
        let mut later = EventStream::join_after(&server, "r1", 2);
        let mut complete = EventStream::join_after(&server, "r1", oldest);
        for (events, skipped) in [(&mut late, oldest), (&mut later, oldest - 3)] {
            let error =
                json!({ "error": "SSE stream replay truncated; events were dropped", "skipped": skipped });
            assert_eq!(events.next(), Some(Frame { id: None, event: "error".to_owned(), data: error }));
            assert_eq!(events.next().unwrap().id, Some(oldest));
        }
        // All that is told again has been read before anything more happens.
        for events in [&mut late, &mut later, &mut complete] {
            for id in oldest + 1..=lines as u64 {
                assert_eq!(events.next().unwrap().id, Some(id));
            }
        }
        visit.leave();
        for events in [late, later, complete] {
            let rest = events.rest();
            assert_eq!(rest.iter().map(|frame| &*frame.event).collect::<Vec<_>>(), ["output", "completed"]);
        }
    }
}

/// Contract 6.26.
#[test]
fn a_replay_has_sixteen_mebibytes_at_most() {
    const MEBIBYTE: usize = 1 << 20;
    let server = Server::of("value");
    let stage = Stage::new();
    server.begin("r1", &json!([stage.meet()]));
    let mut visit = stage.visit();
    let metric = json!({ "metric": { "name": "filling", "value": "x".repeat(MEBIBYTE) } });
    (0..20).for_each(|_| visit.tell(&metric));
    let mut events = EventStream::join(&server, "r1");
    // A start, and twenty metrics of a little more than what they hold.
    let error = events.next().unwrap();
    assert_eq!((&*error.event, &error.data["skipped"]), ("error", &json!(6)));
    assert_eq!(events.next().unwrap().id, Some(6));
    visit.leave();
    assert_eq!(events.until("completed").data["status"], "succeeded");
}

/// Contract 6.19.
#[test]
fn a_replay_of_nothing_is_no_error() {
    let server = Server::launch("value").env("COG_STREAM_HISTORY_CAPACITY", "0").ready();
    let stage = Stage::new();
    let body = json!({ "input": { "steps": [{ "flood": 5 }, stage.meet()] } });
    let first = EventStream::open(&server, "PUT", "/predictions/z1", &body);
    let mut visit = stage.visit();
    let late = [EventStream::join(&server, "z1"), EventStream::join_after(&server, "z1", 2)];
    visit.tell(&json!({ "log": "live" }));
    visit.leave();
    let all = first.rest();
    assert_eq!(ids(&all), (0..9).map(Some).collect::<Vec<_>>());
    for events in late {
        assert_eq!(events.rest(), all[6..]);
    }
}

/// Contract 6.21, 6.22; D11. Far more is told than what is kept and what the connection holds.
#[test]
fn who_does_not_read_delays_nobody_and_costs_nothing() {
    const TOLD: usize = 6000;
    const SIZE: usize = 8 << 10;
    let metric = json!({ "metric": { "name": "filling", "value": "x".repeat(SIZE) } });
    let server = Server::of("value");
    let stage = Stage::new();
    let round = |is_followed: bool| {
        server.begin("s1", &json!([stage.meet()]));
        let mut visit = stage.visit();
        let events = is_followed.then(|| EventStream::join(&server, "s1"));
        (0..TOLD).for_each(|_| visit.tell(&metric));
        let memory = resident(&server);
        visit.leave();
        assert_eq!(server.ended("s1")["status"], "succeeded");
        (memory, events)
    };
    let (before, _) = round(false);
    let (after, events) = round(true);
    // What is kept of the prediction before, and as much again; a third of what was told.
    let most = before + TOLD * SIZE / 3;
    assert!(after < most, "{after} bytes, which were {before} when nobody followed");

    let frames = events.unwrap().rest();
    assert_eq!(frames[0].event, "start");
    let place = frames.iter().rposition(|frame| frame.event == "error").expect("it had fallen behind");
    let (lag, rest) = (&frames[place], &frames[place + 1..]);
    assert_eq!((lag.id, &lag.data["error"]), (None, &json!("SSE stream lagged; events were dropped")));
    let next = frames[place - 1].id.unwrap() + 1;
    assert_eq!(rest[0].id, Some(next + lag.data["skipped"].as_u64().unwrap()));
    assert_eq!((rest.len(), &rest[LAST - 1].data["status"]), (LAST, &json!("succeeded")));
}

/// How much memory the server has, in bytes.
fn resident(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

fn ids(frames: &[Frame]) -> Vec<Option<u64>> {
    frames.iter().map(|frame| frame.id).collect()
}
