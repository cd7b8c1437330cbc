//! Programs that serve, asked from outside: examples by curl, and all by a strict client (`tests/http/strict.py`).

use crate::koruc::{explain, root, text};
use crate::servers::Server;
use koru_base::Target;
use libtest_mimic::{Failed, Trial};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    let play =
        |(program, play)| Trial::test(format!("server::strict::{play}"), move || strict(program, play));
    let mut trials: Vec<_> = STRICT.into_iter().map(play).collect();
    trials.push(Trial::test("server::examples", examples));
    trials
}

/// Programs, and what a strict client plays against them (`tests/http/strict.py`).
const STRICT: [(&str, &str); 13] = [
    ("examples/simple_server", "hello"),
    ("examples/router", "routes"),
    ("examples/echo_server", "echo"),
    ("examples/greeting_server", "greeting"),
    ("examples/container_server", "health"),
    ("examples/orderly_server", "orderly"),
    ("examples/streaming_server", "streaming"),
    ("examples/json_server", "orders"),
    ("examples/files_server", "files"),
    ("examples/middleware_server", "middleware"),
    ("examples/upload_server", "upload"),
    ("tests/http/streams", "streams"),
    ("tests/http/streams", "ending"),
];

fn strict(program: &str, play: &str) -> Result<(), Failed> {
    Server::of(program, Target::host())?.play(play)
}

/// What curl is given for an example, where it asks, and what it must get.
const TALKS: [(&str, &[&str], &str, &str); 22] = [
    ("echo_server", &["-d", "hello"], "/", "hello"),
    ("echo_server", &["-H", "Transfer-Encoding: chunked", "-d", "in chunks"], "/", "in chunks"),
    ("echo_server", &["-o", "/dev/null", "-w", "%{http_code}"], "/", "400"),
    ("greeting_server", &[], "/?name=Ann", "Hello, Ann!\n"),
    (
        "greeting_server",
        &["-o", "/dev/null", "-w", "%{http_code} %header{set-cookie}"],
        "/?name=Ann",
        "201 name=Ann",
    ),
    ("greeting_server", &["-H", "Cookie: a=b; name=Bob"], "/", "Bob"),
    ("greeting_server", &[], "/", "who are you?\n"),
    ("container_server", &[], "/readyz", "ready"),
    (
        "files_server",
        &["-o", "/dev/null", "-w", "%{http_code} %header{content-type}"],
        "/",
        "200 text/html; charset=utf-8",
    ),
    ("files_server", &["-r", "0-1"], "/style.css", "h1"),
    ("json_server", &["-d", "{ \"item\": \"tea\", \"count\": 3 }"], "/orders", PRICED),
    (
        "json_server",
        &["-H", "Transfer-Encoding: chunked", "-d", "{\"count\":3,\"item\":\"tea\"}"],
        "/orders",
        PRICED,
    ),
    ("middleware_server", &["-H", "Authorization: Bearer sesame"], "/", "the cave\n"),
    ("middleware_server", &["-o", "/dev/null", "-w", "%{http_code}"], "/", "401"),
    ("middleware_server", &[], "/count", "1 good, 1 refused\n"),
    ("orderly_server", &[], "/hello/Ann", "Ann"),
    ("orderly_server", &[], "/readyz", "ready"),
    ("simple_server", &[], "/", "Hello from Koru!"),
    ("router", &[], "/item/42", "42"),
    (
        "router",
        &["-X", "POST", "-o", "/dev/null", "-w", "%{http_code} %header{allow}"],
        "/item/42",
        "405 GET, HEAD, DELETE",
    ),
    ("upload_server", &["-T", "Cargo.toml", "-o", "/dev/null", "-w", "%{http_code}"], "/f", "201"),
    ("streaming_server", &["-N"], "/2", "2\n1\n"),
];

const PRICED: &str = "{\"item\":\"tea\",\"cents\":1050,\"notes\":[]}";

/// Examples that serve answer as they say.
fn examples() -> Result<(), Failed> {
    for talks in TALKS.chunk_by(|a, b| a.0 == b.0) {
        let server = Server::of(&format!("examples/{}", talks[0].0), Target::host())?;
        for (example, words, path, expected) in talks {
            let url = format!("http://127.0.0.1:{}{path}", server.port);
            let output = Command::new("curl")
                .current_dir(root())
                .args(["-s", "-m", "10"])
                .args(*words)
                .arg(url)
                .output()?;
            if text(&output.stdout) != *expected {
                return Err(format!("{example}, {words:?} {path}: {}", explain(&output)).into());
            }
        }
    }
    Ok(())
}
