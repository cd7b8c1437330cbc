//! Pumps, the ways a server learns of its sockets: what holds with the one that is usual must hold with each.
//!
//! In: the seed program, compiled for a pump and a port of its own. Where the kernel refuses io_uring the same is
//! asked of the epoll it falls back to.

use crate::koruc::{explain, root, text};
use crate::servers::{Server, compile_with, hasty, wait_for};
use camino::Utf8Path;
use libtest_mimic::{Failed, Trial};
use std::process::{Command, Stdio};

/// A test's name, the script that plays and its words, whether the server has little patience.
type Play = (&'static str, &'static str, &'static [&'static str], bool);

const IO_URING: [&str; 1] = ["--build=linux-io-uring"];

const PLAYS: [Play; 4] = [
    ("vectors", "drive.py", &[], false),
    (
        "hard_times",
        "hard_times.py",
        &["--pump", "io_uring", "--only", "faults,resets,together,invited,flood,shed"],
        false,
    ),
    ("slow_clients", "hard_times.py", &["--pump", "io_uring", "--only", "slow"], true),
    ("drain", "drain.py", &["--rounds", "2"], false),
];

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = PLAYS
        .iter()
        .map(|each| Trial::test(format!("pump::io_uring::{}", each.0), || play(&IO_URING, each)))
        .collect();
    trials.push(Trial::test("pump::io_uring::streams", streams));
    trials.push(Trial::test("pump::auto", auto));
    // At level fast the parser is other code.
    trials.push(Trial::test("pump::epoll::vectors_fast", || play(&["-O", "fast"], &PLAYS[0])));
    trials
}

fn play(options: &[&str], (_, script, words, is_hasty): &Play) -> Result<(), Failed> {
    let more = if *is_hasty { hasty() } else { String::new() };
    let (place, port) = compile_with("examples/simple_server", options, &more)?;
    let program = place.path().join("a.out");
    tell_fallback(options, &program)?;
    let mut command = Command::new("python3");
    command.arg(root().join("tests/http").join(script)).args(["--port", &port.to_string()]);
    // The server is a word of its own for one of the scripts.
    if *script != "drain.py" {
        command.arg("--server");
    }
    let output = command.arg(program.as_str()).args(*words).output()?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

/// Says so where a server for io_uring has epoll instead: then that is what is tested.
fn tell_fallback(options: &[&str], program: &Utf8Path) -> Result<(), Failed> {
    if options != IO_URING {
        return Ok(());
    }
    let said = first_words(Command::new("timeout").args(["1", program.as_str()]))?;
    if said.contains("No io_uring: ") {
        eprintln!("\n*** SKIPPED: io_uring: what is tested is epoll in its place: {said} ***\n");
    }
    Ok(())
}

/// What a server says on standard error until it is ended.
fn first_words(command: &mut Command) -> Result<String, Failed> {
    Ok(text(&command.output()?.stderr))
}

/// `"workers": "auto"` is one for each processor the process may use.
fn auto() -> Result<(), Failed> {
    let more = "\n~std.build:config { \"workers\": \"auto\" }\n";
    let (place, _) = compile_with("examples/simple_server", &[], more)?;
    let server = place.path().join("a.out");
    let said = first_words(Command::new("timeout").args(["1", "taskset", "-c", "0", server.as_str()]))?;
    if said.contains("Running with 1 workers ") { Ok(()) } else { Err(format!("it says {said:?}").into()) }
}

/// Bodies in parts, and how those without an end find one when the server ends.
fn streams() -> Result<(), Failed> {
    let (place, port) = compile_with("tests/http/streams", &IO_URING, "")?;
    let program = place.path().join("a.out");
    tell_fallback(&IO_URING, &program)?;
    let child = Command::new(program).current_dir(place.path()).stderr(Stdio::piped()).spawn()?;
    let server = Server { place, port, child };
    wait_for(port)?;
    server.play("streams")?;
    server.play("ending")
}
