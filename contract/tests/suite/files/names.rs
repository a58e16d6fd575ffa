//! What files of inputs are called.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{fetching, reading};
use crate::support::{Answer, Receiver, Server, Stage};

#[track_caller]
fn named(server: &Server, url: String) -> String {
    let reply = server.predict(&reading(&[url])).json();
    reply["output"][0]["name"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// Contract 9.13.
#[test]
fn a_file_is_called_as_its_url_ends() {
    let server = fetching();
    let receiver = Receiver::answering(|request| match &*request.path {
        "/from.txt" => Answer::status(302).header("location", "/to.png"),
        _ => Answer::body("x").header("content-disposition", "attachment; filename=\"other.png\""),
    });
    let long = format!("/{}.png", "x".repeat(300));
    let cut = format!("{}~.png", "x".repeat(195));
    for (path, name) in [
        ("/a/photo.png?name=other.png#x", "photo.png"),
        ("/my%20photo.png", "my photo.png"),
        ("/my+photo.png", "my photo.png"),
        ("/1%2B1.png", "1+1.png"),
        ("/..%2f..%2fetc%2fpasswd", ".._.._etc_passwd"),
        ("/a%00b", "a_b"),
        ("/%C3%A9.png", "é.png"),
        ("/from.txt", "from.txt"),
        (&*long, &*cut),
    ] {
        assert_eq!(named(&server, receiver.url(path)), name, "{path}");
    }
}

/// Contract 9.14.
#[test]
fn a_file_without_a_name_is_called_as_what_it_is() {
    let server = fetching();
    for (content_type, name) in [
        ("image/png; charset=x", "file.png"),
        ("Image/JPEG", "file.jpg"),
        ("application/octet-stream", "file"),
        ("nonsense", "file"),
    ] {
        let receiver = Receiver::scripted([Answer::body("x").header("content-type", content_type)]);
        for path in ["", "/", "/a/", "/%2e%2e"] {
            assert_eq!(named(&server, receiver.url(path)), name, "{content_type} at `{path}`");
        }
    }
    for (url, name) in [
        ("data:image/png;base64,YQ==", "file.png"),
        ("data:text/plain,a", "file.txt"),
        ("data:,a", "file.txt"),
        ("data:application/x-nobody-knows,a", "file"),
    ] {
        assert_eq!(named(&server, url.to_owned()), name, "{url}");
    }
}

/// Contract 9.15.
#[test]
fn equal_names_do_not_meet_and_are_nobody_elses() {
    let server = fetching();
    let receiver = Receiver::answering(|request| Answer::body(request.path.clone()));
    let stage = Stage::new();
    let urls = [receiver.url("/a.txt"), receiver.url("/other/a.txt")];
    let body = json!({
        "id": "p", "webhook_events_filter": [], "input": { "steps": ["read", stage.meet()], "files": urls },
    });
    let mut waiting = server.connect();
    waiting.request("POST", "/predictions", &[crate::support::JSON], &body.to_string());
    let visit = stage.visit();
    let entry = std::fs::read_dir(server.directory()).unwrap().next().unwrap().unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode(&entry.path()), 0, "nobody else can look into the directory");
    visit.leave();
    let output = waiting.reply().json()["output"].clone();
    let member = |name: &str| -> Vec<Value> { (0..2).map(|place| output[place][name].clone()).collect() };
    assert_eq!(member("name"), [json!("a.txt"), json!("a.txt")]);
    assert_eq!(member("text"), [json!("/a.txt"), json!("/other/a.txt")]);
    assert_ne!(output[0]["path"], output[1]["path"]);
}
