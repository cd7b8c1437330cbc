//! The HTTP client of std, against a true server and against one that answers badly (`tests/http/hostile.py`).

use crate::koruc::{Place, explain, root, text};
use crate::servers::Server;
use koru_base::Target;
use libtest_mimic::{Failed, Trial};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("client::orisha", orisha), Trial::test("client::hostile", hostile)]
}

/// The client, compiled.
fn client() -> Result<Place, Failed> {
    let place = Place::new();
    std::fs::copy(root().join("tests/http/client.kz"), place.path().join("client.kz"))?;
    let compiled = place.koruc(&["client.kz"]);
    if compiled.status.success() { Ok(place) } else { Err(explain(&compiled).into()) }
}

/// Asks for paths of a port of this machine, and compares what the client says.
fn ask(client: &Place, port: u16, expected: &str) -> Result<(), Failed> {
    let paths = expected.lines().filter_map(|line| line.split(' ').next());
    let urls: Vec<_> = paths.map(|path| format!("http://127.0.0.1:{port}{path}")).collect();
    let urls: Vec<_> = urls.iter().map(String::as_str).collect();
    let output = client.run(None, &urls);
    let said = text(&output.stderr);
    if said == expected { Ok(()) } else { Err(format!("it says\n{said}").into()) }
}

fn orisha() -> Result<(), Failed> {
    let server = Server::of("examples/router", Target::host())?;
    let client = client()?;
    ask(
        &client,
        server.port(),
        "/ 200 4 text/plain\n/item/new 200 6 text/plain\n/nowhere 404 12 text/plain\n",
    )?;
    ask(&client, server.port(), "/early 413 \n")?;
    let port = server.port();
    drop(server);
    ask(&client, port, "/ refused\n")
}

/// A process that ends with the test.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn hostile() -> Result<(), Failed> {
    let client = client()?;
    let mut server = Command::new("python3");
    server.arg(root().join("tests/http/hostile.py")).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Guard(server.spawn()?);
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().ok_or("no output")?).read_line(&mut port)?;
    ask(&client, port.trim().parse()?, HEARD)
}

const HEARD: &str = "\
/good 200 5 none
/drip 200 5 none
/slow timed out
/silent timed out
/nothing invalid: the server said nothing
/half invalid: the answer ends too early
/garbage invalid: a line does not end in CR LF
/reset failed: Connection reset
/large too large
/endless too large
/chunks too large
/fields invalid: the head is too long
/line invalid: the head is too long
/wait invalid: the server only says to wait
/two 200 1 none
/smuggle invalid: the length is said twice
/early 413 no
";
