//! Pumps, the ways a server learns of its sockets: what holds with the one that is usual must hold with each.
//!
//! In: the seed program, compiled for a pump and a port of its own. Where the kernel refuses io_uring the same is
//! asked of the epoll it falls back to.

use crate::koruc::{Place, explain, root, text};
use crate::servers::free_port;
use libtest_mimic::{Failed, Trial};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A test's name, the script that plays and its words, whether the server has little patience.
type Play = (&'static str, &'static str, &'static [&'static str], bool);

const IO_URING: [&str; 1] = ["--build=linux-io-uring"];

const PLAYS: [Play; 4] = [
    ("vectors", "drive.py", &[], false),
    ("hard_times", "hard_times.py", &["--pump", "io_uring", "--only", "faults,resets,flood,shed"], false),
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

/// A server compiled with some options, and its port.
fn compile(program: &str, options: &[&str], is_hasty: bool) -> Result<(Place, String), Failed> {
    let (port, place) = (free_port()?.to_string(), Place::new());
    let mut program = std::fs::read_to_string(root().join(program))?.replace("3001", &port);
    if is_hasty {
        let keys = ["head-seconds", "body-seconds", "write-seconds", "idle-seconds"];
        let settings = keys.map(|key| format!("    \"{key}\": \"2\"")).join(",\n");
        program += &format!("\n~std.build:config {{\n{settings}\n}}\n");
    }
    std::fs::write(place.path().join("server.kz"), program)?;
    let compiled = place.koruc(&[options, &["server.kz"]].concat());
    if compiled.status.success() { Ok((place, port)) } else { Err(explain(&compiled).into()) }
}

fn play(options: &[&str], (_, script, words, is_hasty): &Play) -> Result<(), Failed> {
    let (place, port) = compile("examples/simple_server.kz", options, *is_hasty)?;
    let program = place.path().join("a.out");
    let mut command = Command::new("python3");
    command.arg(root().join("tests/http").join(script)).args(["--port", &port]);
    // The server is a word of its own for one of the scripts.
    if *script != "drain.py" {
        command.arg("--server");
    }
    let output = command.arg(program.as_str()).args(*words).output()?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

/// `"workers": "auto"` is one for each processor the process may use.
fn auto() -> Result<(), Failed> {
    let (port, place) = (free_port()?.to_string(), Place::new());
    let program = std::fs::read_to_string(root().join("examples/simple_server.kz"))?.replace("3001", &port);
    std::fs::write(
        place.path().join("server.kz"),
        program + "\n~std.build:config { \"workers\": \"auto\" }\n",
    )?;
    let compiled = place.koruc(&["server.kz"]);
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let server = place.path().join("a.out");
    let output = Command::new("timeout").args(["1", "taskset", "-c", "0", server.as_str()]).output()?;
    let said = text(&output.stderr);
    if said.contains("Running with 1 workers ") { Ok(()) } else { Err(format!("it says {said:?}").into()) }
}

/// Files and bodies in parts.
fn streams() -> Result<(), Failed> {
    let (place, port) = compile("tests/http/streams.kz", &IO_URING, false)?;
    let mut server =
        Command::new(place.path().join("a.out")).current_dir(place.path()).stderr(Stdio::null()).spawn()?;
    while TcpStream::connect(format!("127.0.0.1:{port}")).is_err() && server.try_wait()?.is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let script = root().join("tests/http/strict.py");
    let output = Command::new("python3").arg(script).args(["streams", "--port", &port]).output();
    server.kill()?;
    server.wait()?;
    let output = output?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}
