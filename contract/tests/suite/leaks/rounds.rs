//! Once everything that the suite does to a server. Names are the same in each round, so that the server remembers no more of them.

use serde_json::{Value, json};

use crate::support::{ASYNC, Answer, Connection, EVENTS, JSON, NOBODY, Receiver, Server, Stage};

pub(super) struct Rounds {
    stage: Stage,
    /// Serves and takes files, and takes webhooks.
    other: Receiver,
}

impl Rounds {
    pub(super) fn new() -> Self {
        let other = Receiver::answering(|request| {
            let answer = match request.path.split('/').next_back() {
                Some("missing.txt") => Answer::status(404),
                Some("refused.txt") => Answer::status(500).header("retry-after", "0"),
                Some("silent.txt") => Answer::silence(),
                Some("short.txt") => Answer::body("short").cut_short(100),
                Some("round.txt") => Answer::status(307).header("location", "/round.txt"),
                _ => Answer::body("content"),
            };
            // A connection that is kept for later is no leak, and would be counted.
            answer.header("connection", "close")
        });
        Self { stage: Stage::new(), other }
    }

    pub(super) fn upload_url(&self) -> String {
        self.other.url("/up")
    }

    pub(super) fn play(&self, server: &Server, times: usize) {
        for _ in 0..times {
            self.outcomes(server);
            self.cancels(server);
            self.webhooks(server);
            self.files(server);
            self.clients(server);
            server.until("READY");
        }
    }

    /// Predictions that end by themselves, in every way to ask for one.
    fn outcomes(&self, server: &Server) {
        for last in [json!({ "output": 1 }), json!({ "fail": ["a", "b"] }), json!({ "panic": "boom" })] {
            let steps = json!([{ "log": "line" }, { "flood": 200 }, { "metric": { "name": "m", "value": 1 } },
                { "progress": { "fraction": 0.5 } }, { "stdout": "printed\n" }, last]);
            let body = json!({ "id": "outcome", "input": { "steps": steps } }).to_string();
            for headers in [&[JSON][..], &[JSON, EVENTS]] {
                assert_eq!(server.send("POST", "/predictions", headers, &body).status, 200);
                assert_eq!(server.send("PUT", "/predictions/outcome", headers, &body).status, 200);
            }
            assert_eq!(server.send("POST", "/predictions", &[JSON, ASYNC], &body).status, 202);
            server.ended("outcome");
        }
        for (body, status) in
            [("{", 400), ("[]]", 400), ("{\"input\":7}", 422), ("{\"input\":{\"file\":\"x\"}}", 422)]
        {
            assert_eq!(server.send("POST", "/predictions", &[JSON], body).status, status);
        }
    }

    /// Code that awaits, that computes, and that cleans up; from outside and by a client that leaves.
    fn cancels(&self, server: &Server) {
        for step in [self.stage.meet(), self.stage.block()] {
            server.begin("canceled", &json!([{ "file": { "name": "a.txt", "text": "a" } }, step]));
            let visit = self.stage.visit();
            assert_eq!(server.send("POST", "/predictions/canceled/cancel", &[], "").status, 200);
            visit.until_gone();
            assert_eq!(server.ended("canceled")["status"], "canceled");
            for headers in [&[JSON][..], &[JSON, EVENTS]] {
                let client = ask(server, headers, &json!({ "steps": [step] }));
                let visit = self.stage.visit();
                drop(client);
                visit.until_gone();
            }
        }
        server.until("READY");
    }

    fn webhooks(&self, server: &Server) {
        for (url, events) in [
            (self.other.url("/hook"), json!(["start", "output", "logs", "completed"])),
            (self.other.url("/missing.txt"), json!(["start", "output", "logs", "completed"])),
            // Taken at last, or given up at once: the last one would be sent again for minutes.
            (self.other.url("/refused.txt"), json!(["completed"])),
            (self.other.url("/silent.txt"), json!(["start", "output", "logs"])),
            (self.other.url("/round.txt"), json!(["start"])),
            (format!("http://{NOBODY}/"), json!(["start", "output", "logs"])),
        ] {
            let input = json!({ "steps": [{ "log": "line" }, { "output": 1 }] });
            let body = json!({ "webhook": url, "webhook_events_filter": events, "input": input });
            assert_eq!(server.post("/predictions", &body).status, 200);
        }
    }

    /// Files that come and do not come, and files that go and do not go.
    fn files(&self, server: &Server) {
        let urls = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| self.other.url(&format!("/{name}.txt"))).collect()
        };
        let data = "data:,content".to_owned();
        for files in [
            [urls(&["a", "b", "c"]), vec![data.clone()]].concat(),
            urls(&["a", "missing"]),
            urls(&["a", "short"]),
            urls(&["a", "silent"]),
            urls(&["a", "round"]),
            vec![data, "data:;base64,#".to_owned()],
            vec![format!("http://{NOBODY}/")],
        ] {
            assert_eq!(server.predict(&json!({ "files": files })).status, 200);
        }
        for name in ["a.txt", "missing.txt", "refused.txt", "short.txt", "round.txt"] {
            let steps = json!([{ "file": { "name": name, "text": "text" } },
                { "disk_file": { "name": name, "text": "text" } }]);
            assert_eq!(server.predict(&json!({ "steps": steps })).status, 200);
        }
        let client = ask(server, &[JSON], &json!({ "steps": [{ "path": "/nowhere" }] }));
        drop(client);
    }

    /// Clients that send what they should not, and leave.
    fn clients(&self, server: &Server) {
        let large = "x".repeat(256 << 10);
        let mut deaf = ask(server, &[JSON], &json!({ "steps": [{ "output": large }] }));
        assert_eq!(deaf.head().status, 200);
        let requests: [&[u8]; 10] = [
            b"",
            b"\0\0\0\0",
            b"GET / HTTP/1.1\r\nhost: x\r\nx-unfinished: ",
            b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{\"input\":",
            b"POST /predictions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n",
            b"PUT /predictions/%00%ff HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}",
            b"POST /predictions HTTP/1.0\r\naccept: text/event-stream\r\ncontent-length: 2\r\n\r\n{}",
            b"\x16\x03\x01\x00\x05hello\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff",
        ];
        for request in requests {
            server.connect().write(request);
        }
    }
}

/// Asks for a prediction and does not wait for the reply.
fn ask(server: &Server, headers: &[(&str, &str)], input: &Value) -> Connection {
    let mut connection = server.connect();
    connection.request("POST", "/predictions", headers, &json!({ "input": input }).to_string());
    connection
}
