//! From words to inputs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use cog_core::{Value, json};

use crate::models::{Teller, Writer};
use crate::support::{Ran, run, run_with};

/// Predicts with `words` as inputs, and two files at hand.
fn predict(words: &[&str]) -> Ran {
    let words = words.iter().flat_map(|word| ["-i", word]);
    command(&["predict"].into_iter().chain(words).collect::<Vec<_>>(), "")
}

fn command(arguments: &[&str], stdin: &str) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("cat.txt"), "meow").unwrap();
    std::fs::write(directory.path().join("dog.txt"), "woof").unwrap();
    let stdin = std::io::Cursor::new(stdin.to_owned());
    run_with::<Teller>(arguments, directory, |process| process.with_stdin(stdin))
}

#[track_caller]
fn told(ran: &Ran) -> Value {
    let mut told: Value = serde_json::from_str(&ran.succeeded().stdout).unwrap();
    // It has a default, and says so each time.
    if told["whole"] == 3 {
        told.as_object_mut().unwrap().remove("whole");
    }
    told
}

#[test]
fn the_schema_decides_what_a_word_means() {
    for (words, expected) in [
        (&["text=5"][..], json!({ "text": "5" })),
        (&["text="], json!({ "text": "" })),
        (&["text=a=b"], json!({ "text": "a=b" })),
        (&["text=@ada"], json!({ "text": "@ada" })),
        (&["text=\"quoted\""], json!({ "text": "\"quoted\"" })),
        (&["whole=7"], json!({ "whole": 7 })),
        (&["whole=7.0"], json!({ "whole": 7 })),
        (&["whole=+7"], json!({ "whole": 7 })),
        (&["part=1"], json!({ "part": 1.0 })),
        (&["part=-.5"], json!({ "part": -0.5 })),
        (&["part=1e3"], json!({ "part": 1000.0 })),
        (&["flag=true"], json!({ "flag": true })),
        (&["flag=False"], json!({ "flag": false })),
        (&["style=very-fancy"], json!({ "style": "Fancy" })),
        (&["scale=4"], json!({ "scale": 4 })),
        (&["tags=a"], json!({ "tags": ["a"] })),
        (&["tags=a", "tags=b,c"], json!({ "tags": ["a", "b,c"] })),
        (&["tags=[\"a\",\"b\"]"], json!({ "tags": ["a", "b"] })),
        (&["tags=[]"], json!({ "tags": [] })),
        (&["tags=[not json"], json!({ "tags": ["[not json"] })),
        (&["numbers=1", "numbers=2"], json!({ "numbers": [1, 2] })),
        (&["anything={\"a\":[1]}"], json!({ "anything": { "a": [1] } })),
        (&["anything=word"], json!({ "anything": "word" })),
        (&["key=secret"], json!({ "key": 6 })),
    ] {
        assert_eq!(told(&predict(words)), expected, "{words:?}");
    }
}

#[test]
fn files_are_given_by_path_and_keep_their_names() {
    for (words, expected) in [
        (&["image=@cat.txt"][..], json!({ "image": "cat.txt: meow" })),
        (&["image=data:text/plain,purr"], json!({ "image": "file.txt: purr" })),
        (&["images=@cat.txt", "images=@dog.txt"], json!({ "images": ["cat.txt: meow", "dog.txt: woof"] })),
        (&["images=[\"@dog.txt\"]"], json!({ "images": ["dog.txt: woof"] })),
        (
            &["pair={\"left\":\"@cat.txt\",\"right\":\"@dog.txt\"}"],
            json!({ "left": "cat.txt: meow", "right": "dog.txt: woof" }),
        ),
    ] {
        assert_eq!(told(&predict(words)), expected, "{words:?}");
    }
    let piped = command(&["predict", "-i", "image=@-"], "from a pipe");
    assert_eq!(told(&piped), json!({ "image": "stdin: from a pipe" }));
}

#[test]
fn a_whole_input_is_given_as_json() {
    let json = "{\"whole\":4,\"image\":\"@cat.txt\",\"text\":\"@ada\"}";
    let expected = json!({ "whole": 4, "image": "cat.txt: meow", "text": "@ada" });
    assert_eq!(told(&command(&["predict", "--json", json], "")), expected);
    assert_eq!(told(&command(&["predict", "--json", "@-"], json)), expected);

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("input.json"), "{\"text\":\"x\"}").unwrap();
    let ran = run_with::<Teller>(&["predict", "--json", "@input.json"], directory, |process| process);
    assert_eq!(told(&ran), json!({ "text": "x" }));
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    for (words, line) in [
        (&["text"][..], "error: `-i text` sets nothing: write `-i NAME=VALUE`"),
        (&["whole=many"], "error: input `whole`: `many` is not a whole number"),
        (&["whole=7.5"], "error: input `whole`: 7.5 is not of type \"integer\""),
        (&["whole=0"], "error: input `whole`: 0 is less than the minimum of 1"),
        (&["part=NaN"], "error: input `part`: `NaN` is not a number"),
        (&["flag=maybe"], "error: input `flag`: `maybe` is not `true` or `false`"),
        (&["style=loud"], "error: input `style`: `loud` is not one of `plain`, `very-fancy`"),
        (&["scale=3"], "error: input `scale`: `3` is not one of `2`, `4`"),
        (&["numbers=1", "numbers=x"], "error: input `numbers`: `x` is not a whole number"),
        (&["text=a", "text=b"], "error: input `text` is set twice, and is no list"),
        (&["pair=[1]"], "error: input `pair`: `[1]` is not a JSON object"),
        (&["image=@bird.txt"], "error: cannot read `bird.txt`: No such file or directory (os error 2)"),
        (
            &["image=cat.txt"],
            "error: input `image`: `cat.txt` is not an URL; write `@` before the path of a file",
        ),
    ] {
        predict(words).failed(2, line);
    }
    for (json, line) in [
        ("[1]", "error: `--json` has to be an object, with the inputs' names as keys"),
        ("{", "error: `--json` is no JSON: EOF while parsing an object at line 1 column 1"),
        ("@gone.json", "error: cannot read `gone.json`: No such file or directory (os error 2)"),
        (
            "{\"image\":\"http:nowhere\"}",
            "error: input `image`: \"http:nowhere\" is not an `http:`, `https:` or `data:` URL",
        ),
    ] {
        command(&["predict", "--json", json], "").failed(2, line);
    }
}

#[test]
fn a_secret_is_not_repeated() {
    let ran = command(&["predict", "--json", "{\"key\":12345}"], "");
    ran.failed(2, "error: input `key`: \"**********\" is not of type \"string\"");
}

#[test]
fn unknown_and_missing_inputs_are_told_with_the_list() {
    let list = "\n\nInputs of this model:\n  count   integer, default `2`  How many there shall be.\n  \
                marker  text, optional        A file to make when the prediction lets go of what it holds.";
    run::<Writer>(&["predict", "-i", "cuont=1"])
        .failed(2, &format!("error: there is no input `cuont`{list}"));
    let json = run::<Writer>(&["predict", "--json", "{\"cuont\":1}"]);
    json.failed(2, &format!("error: there is no input `cuont`{list}"));
    let ran = predict(&["pair={}"]);
    assert!(
        ran.stderr.starts_with("error: input `pair/left` is missing\n\nInputs of this model:\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn files_of_this_machines_network_are_fetched_only_if_that_is_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("image=http://{}/cat.txt", listener.local_addr().unwrap());
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok() && !line.ends_with("\r\n\r\n") {}
            let reply = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 4\r\n\r\nmeow";
            stream.get_mut().write_all(reply).unwrap();
        }
    });
    for (flags, variable, is_allowed) in [
        (&[][..], "", false),
        (&["--allow-private-urls"], "", true),
        (&[], "true", true),
        (&["--allow-private-urls=false"], "true", false),
    ] {
        let arguments = [&["predict", "-i", &url], flags].concat();
        let ran = run_with::<Teller>(&arguments, tempfile::tempdir().unwrap(), |process| {
            process.with_environment([("COG_ALLOW_PRIVATE_URLS", variable)])
        });
        if is_allowed {
            assert_eq!(told(&ran), json!({ "image": "cat.txt: meow" }));
        } else {
            ran.failed(
                1,
                "error: Input validation error: image: refused to fetch from `127.0.0.1`: its address is not a public one",
            );
        }
    }
}
