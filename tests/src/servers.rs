//! Servers, over real sockets: requests split and pipelined, a taken port, signals, exhausted descriptors.
//!
//! Each test compiles a server for a port of its own, plays against it, and stops it.

use crate::case::{can_run, emulator};
use crate::koruc::{Place, explain, root, text};
use koru_base::Target;
use koru_base::targets::TARGETS;
use libtest_mimic::{Failed, Trial};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("server::vectors", || vectors("examples/simple_server")),
        Trial::test("server::vectors_in_pieces", || vectors("tests/http/pieces")),
        Trial::test("server::port_taken", port_taken),
        Trial::test("server::signals", signals),
        Trial::test("server::second_signal", second_signal),
        Trial::test("server::idle", idle),
        Trial::test("server::router", router),
        Trial::test("server::orderly", orderly),
        Trial::test("server::addresses", addresses),
        Trial::test("server::hard_times", hard_times),
        Trial::test("server::slow_clients", slow_clients),
        Trial::test("server::slow_tools", slow_tools),
        Trial::test("server::drain", drain),
        Trial::test("server::behind_nginx", behind_nginx),
    ];
    for target in TARGETS.iter().filter(|target| *target != Target::host() && can_run(target)) {
        trials.push(Trial::test(format!("server::emulated::{}", target.arch), move || emulated(target)));
    }
    trials
}

/// A server that runs until it is dropped.
pub struct Server {
    pub place: Place,
    pub port: u16,
    pub child: Child,
}

impl Server {
    /// The seed program on a free port, started.
    fn start(target: &Target) -> Result<Server, Failed> {
        Server::of("examples/simple_server", target)
    }

    /// A program of the repository on a free port, started.
    pub fn of(program: &str, target: &Target) -> Result<Server, Failed> {
        let (place, port) = compile(program, target, "")?;
        let program = place.path().join("a.out");
        let run = format!("exec {} {program}", emulator(target).unwrap_or(""));
        let mut child =
            Command::new("sh").arg("-c").arg(run).current_dir(place.path()).stderr(Stdio::piped()).spawn()?;
        wait_for(port).inspect_err(|_| {
            let _ = child.kill();
        })?;
        Ok(Server { place, port, child })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn connect(&self) -> Result<TcpStream, Failed> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(stream)
    }

    /// Sends a request and reads the whole answer.
    fn ask(&self) -> Result<String, Failed> {
        self.ask_for("/")
    }

    fn ask_for(&self, path: &str) -> Result<String, Failed> {
        let mut stream = self.connect()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// A strict client plays against it (`tests/http/strict.py`).
    pub fn play(&self, play: &str) -> Result<(), Failed> {
        let output = Command::new("python3")
            .arg(root().join("tests/http/strict.py"))
            .args([play, "--port", &self.port.to_string(), "--pid", &self.child.id().to_string()])
            .args(["--folder", self.place.path().join("public").as_str()])
            .output()?;
        if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
    }

    pub fn signal(&self, name: &str) -> Result<(), Failed> {
        Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status()?;
        Ok(())
    }

    /// Waits for its end; what it said, and its status.
    pub fn end(mut self) -> Result<(String, Option<i32>), Failed> {
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("it does not end".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let status = self.child.wait()?.code();
        let mut said = Vec::new();
        self.child.stderr.take().ok_or("no stderr")?.read_to_end(&mut said)?;
        Ok((text(&said), status))
    }

    fn cpu_ticks(&self) -> Result<u64, Failed> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody listens on, and which no connection is given as its own: those begin at 32,768.
pub fn free_port() -> Result<u16, Failed> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = (std::process::id() % 100 * 100) as u16;
    let ports = (0..1000).map(|_| 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000);
    let is_free = |port: &u16| TcpListener::bind(("0.0.0.0", *port)).is_ok();
    ports.into_iter().find(is_free).ok_or_else(|| "no port is free".into())
}

/// A program of the repository for a free port, with more behind it.
fn compile(program: &str, target: &Target, more: &str) -> Result<(Place, u16), Failed> {
    compile_with(program, &["--target", target.triple], more)
}

/// The same, with options of koruc's.
pub fn compile_with(program: &str, options: &[&str], more: &str) -> Result<(Place, u16), Failed> {
    let free = free_port()?;
    let place = Place::new();
    let text = std::fs::read_to_string(root().join(format!("{program}.kz")))?;
    std::fs::write(place.path().join("server.kz"), text.replace("3001", &free.to_string()) + more)?;
    std::fs::create_dir(place.path().join("public"))?;
    for file in ["index.html", "style.css"] {
        std::fs::copy(root().join("examples/public").join(file), place.path().join("public").join(file))?;
    }
    let compiled = place.koruc(&[options, &["server.kz"]].concat());
    if compiled.status.success() { Ok((place, free)) } else { Err(explain(&compiled).into()) }
}

pub fn wait_for(port: u16) -> Result<(), Failed> {
    wait_for_at("127.0.0.1", port)
}

fn wait_for_at(host: &str, port: u16) -> Result<(), Failed> {
    for _ in 0..200 {
        if TcpStream::connect((host, port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Err("it does not listen".into())
}

/// The byte vectors, split at every byte and pipelined.
fn vectors(program: &str) -> Result<(), Failed> {
    let server = Server::of(program, Target::host())?;
    let driver = root().join("tests/http/drive.py");
    let output = Command::new("python3")
        .arg(driver)
        .args(["--host", "127.0.0.1", "--port", &server.port.to_string()])
        .output()?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

fn emulated(target: &Target) -> Result<(), Failed> {
    let server = Server::start(target)?;
    let answer = server.ask()?;
    if !answer.starts_with("HTTP/1.1 200 OK\r\n") || !answer.ends_with("\r\n\r\nHello from Koru!") {
        return Err(format!("it answers {answer}").into());
    }
    Ok(())
}

/// A second copy is refused the port and says so.
fn port_taken() -> Result<(), Failed> {
    let server = Server::start(Target::host())?;
    // What the environment says is nothing to a program that does not ask it.
    let mut second = Command::new(server.place.path().join("a.out"));
    let said = text(&second.envs([("PORT", "1"), ("HOST", "nowhere")]).output()?.stderr);
    if said != "Failed to listen: address in use\n" {
        return Err(format!("the second copy says {said:?}").into());
    }
    server.ask().map(|_| ())
}

/// SIGTERM and SIGINT end it at once, by the `shutdown` branch.
fn signals() -> Result<(), Failed> {
    for name in ["TERM", "INT"] {
        let server = Server::start(Target::host())?;
        server.ask()?;
        server.signal(name)?;
        let port = server.port;
        let (said, status) = server.end()?;
        let expected = format!(
            "Orisha listening on http://0.0.0.0:{port}\nRunning with 4 workers + epoll + TCP_NODELAY + keep-alive\nreceived SIG{name}\n"
        );
        if said != expected || status != Some(0) {
            return Err(format!("SIG{name}: status {status:?}, it says {said:?}").into());
        }
    }
    Ok(())
}

/// SIGPIPE is nothing to it, one signal leaves a request on its way its time, and a second one ends it at once.
fn second_signal() -> Result<(), Failed> {
    let server = Server::start(Target::host())?;
    server.signal("PIPE")?;
    server.ask()?;
    let mut slow = server.connect()?;
    write!(slow, "GET / HTTP/1.1\r\nHost: a\r\nA: b")?;
    std::thread::sleep(Duration::from_millis(200));
    server.signal("TERM")?;
    std::thread::sleep(Duration::from_millis(2500));
    // It is there, and takes nobody new.
    if !std::fs::exists(format!("/proc/{}/exe", server.child.id()))? || server.connect().is_ok() {
        return Err("it does not wait, or takes who comes behind the signal".into());
    }
    let asked = Instant::now();
    server.signal("INT")?;
    let (said, status) = server.end()?;
    if status != Some(0)
        || !said.ends_with("\nreceived SIGTERM\n")
        || asked.elapsed() > Duration::from_secs(2)
    {
        return Err(format!("status {status:?} after {:?}, it says {said:?}", asked.elapsed()).into());
    }
    Ok(())
}

/// The router's example answers a client.
fn router() -> Result<(), Failed> {
    let server = Server::of("examples/router", Target::host())?;
    for (request, wanted) in [
        ("GET /", "200 OK|home"),
        ("GET /item/new?from=mail", "200 OK|a form"),
        ("GET /item/42", "200 OK|42"),
        ("HEAD /item/42", "200 OK|"),
        ("DELETE /item/new", "200 OK|new"),
        ("POST /item/42", "405 Method Not Allowed|Method Not Allowed|Allow: GET, HEAD, DELETE"),
        ("GET /files/a/b.txt", "200 OK|a/b.txt"),
        ("GET /item/", "404 Not Found|no such page"),
        ("GET /item/1/2", "404 Not Found|no such page"),
    ] {
        let mut stream = server.connect()?;
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let mut parts = wanted.split('|');
        let is_status = head.starts_with(&format!("HTTP/1.1 {}\r\n", parts.next().unwrap_or("")));
        if !is_status || parts.next() != Some(body) || !parts.all(|field| head.contains(field)) {
            return Err(format!("{request} is answered\n{answer}").into());
        }
    }
    Ok(())
}

/// It listens where the environment says, tells its health, also while it ends, and logs what it answers.
fn orderly() -> Result<(), Failed> {
    let (place, _) = compile("examples/orderly_server", Target::host(), "")?;
    let (program, port) = (place.path().join("a.out"), free_port()?);
    let in_place = |port: &str| {
        let mut command = Command::new(&program);
        command.envs([("PORT", port), ("HOST", "127.0.0.1")]);
        command
    };
    let asks_itself = || in_place(&port.to_string()).arg("--healthcheck").status();
    let refused = in_place("70000").output()?;
    if !text(&refused.stderr).contains("Failed to listen: PORT or HOST is none") {
        return Err(explain(&refused).into());
    }
    if asks_itself()?.code() != Some(1) {
        return Err("it says of itself that it lives before it does".into());
    }
    let child = in_place(&port.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut server = Server { place, port, child };
    wait_for(port)?;
    for (path, wanted) in
        [("/", "200"), ("/hello/Ann", "200"), ("/livez", "200"), ("/readyz", "200"), ("/no", "404")]
    {
        let answer = server.ask_for(path)?;
        if !answer.starts_with(&format!("HTTP/1.1 {wanted} ")) {
            return Err(format!("{path} is answered\n{answer}").into());
        }
    }
    if asks_itself()?.code() != Some(0) {
        return Err("it says of itself that it does not live".into());
    }
    let (mut stream, mut answer) = (server.connect()?, String::new());
    stream.write_all(b"GET /readyz HTTP/1.1\r\n")?;
    std::thread::sleep(Duration::from_millis(300));
    server.signal("TERM")?;
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(b"Host: x\r\n\r\n")?;
    stream.read_to_string(&mut answer)?;
    let mut log = server.child.stdout.take().ok_or("no stdout")?;
    let (said, status) = server.end()?;
    if !answer.starts_with("HTTP/1.1 503 ")
        || status != Some(0)
        || !said.contains(&format!("//127.0.0.1:{port}\n"))
    {
        return Err(format!("it ends with {status:?}, says\n{said}and answers\n{answer}").into());
    }
    let mut lines = String::new();
    log.read_to_string(&mut lines)?;
    let wanted = "GET / 200 16\nGET /hello/Ann 200 3\nGET /livez 200 5\nGET /readyz 200 5\nGET /no 404 9\n\
                  GET /livez 200 5\nGET /readyz 503 6\n";
    if lines != wanted {
        return Err(format!("it logs\n{lines}").into());
    }
    Ok(())
}

/// It listens at addresses of either kind, and says of what is none that it is none.
fn addresses() -> Result<(), Failed> {
    if TcpListener::bind(("::1", 0)).is_err() {
        eprintln!("\n*** SKIPPED: no IPv6 here: servers that listen at its addresses are not tested ***\n");
        return Ok(());
    }
    let more = "\n~std.build:config { \"ipv6\": \"on\" }\n";
    let (place, _) = compile("examples/orderly_server", Target::host(), more)?;
    let at = |host: &str, port: u16| {
        let mut command = Command::new(place.path().join("a.out"));
        command.envs([("PORT", &*port.to_string()), ("HOST", host)]).stdout(Stdio::null());
        command
    };
    let wrong = [
        "",
        ":",
        "1",
        ":::",
        "1::2::3",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "::12345",
        "::g",
        "::1.2.3",
        "1:2:",
    ];
    for host in wrong {
        let refused = at(host, 1).output()?;
        let asked = at(host, 1).arg("--healthcheck").status()?;
        if text(&refused.stderr) != "Failed to listen: PORT or HOST is none\n" || asked.code() != Some(1) {
            return Err(format!("{host:?}: {}", explain(&refused)).into());
        }
    }
    for (host, shown) in [
        ("::", "[::]"),
        ("::1", "[::1]"),
        ("0:0:0:0:0:0:0:1", "[0:0:0:0:0:0:0:1]"),
        ("::ffff:127.0.0.1", "[::ffff:127.0.0.1]"),
        ("127.0.0.1", "127.0.0.1"),
    ] {
        let port = free_port()?;
        let mut child = at(host, port).stderr(Stdio::piped()).spawn()?;
        let is_there = wait_for_at(
            if host.contains("::1") || shown.contains(":1]") { "::1" } else { "127.0.0.1" },
            port,
        );
        let asked = at(host, port).arg("--healthcheck").status()?;
        Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
        let _ = child.wait();
        let mut said = String::new();
        child.stderr.take().ok_or("no stderr")?.read_to_string(&mut said)?;
        is_there?;
        if asked.code() != Some(0)
            || !said.starts_with(&format!("Orisha listening on http://{shown}:{port}\n"))
        {
            return Err(format!("{host}: {asked:?}, it says {said}").into());
        }
    }
    Ok(())
}

/// With nothing to do it does nothing, also about clients that were refused and do not go.
fn idle() -> Result<(), Failed> {
    let server = Server::start(Target::host())?;
    let mut held: Vec<_> = (0..50).filter_map(|_| server.connect().ok()).collect();
    for refused in &mut held[..10] {
        write!(refused, "what?\r\n\r\n")?;
    }
    let before = server.cpu_ticks()?;
    std::thread::sleep(Duration::from_secs(1));
    let spent = server.cpu_ticks()? - before;
    if spent > 5 { Err(format!("it spends {spent} ticks of an idle second").into()) } else { Ok(()) }
}

/// System calls that fail, peers that vanish or do not read, more of them than it can hold.
fn hard_times() -> Result<(), Failed> {
    let (place, port) = compile("examples/simple_server", Target::host(), "")?;
    play_hard(&place, port, "faults,resets,together,invited,flood,shed")
}

/// Slow clients lose their connections in time, and others do not notice them.
fn slow_clients() -> Result<(), Failed> {
    let (place, port) = compile("examples/simple_server", Target::host(), &hasty())?;
    play_hard(&place, port, "slow")
}

/// slowhttptest in its modes, and one who is not slow beside it.
fn slow_tools() -> Result<(), Failed> {
    let (place, port) = compile("tests/http/slow", Target::host(), "")?;
    let output = Command::new("python3")
        .arg(root().join("tests/http/slow_tools.py"))
        .args(["--server", place.path().join("a.out").as_str(), "--port", &port.to_string()])
        .output()?;
    if output.status.code() == Some(3) {
        eprintln!("\n*** SKIPPED: no slowhttptest here: servers are not tested with it ***\n");
        return Ok(());
    }
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

/// Settings of a server with little patience.
pub fn hasty() -> String {
    let keys = ["head-seconds", "body-seconds", "write-seconds", "idle-seconds"];
    let settings = keys.map(|key| format!("    \"{key}\": \"2\"")).join(",\n");
    format!("\n~std.build:config {{\n{settings}\n}}\n")
}

/// A server that is ended under load answers whoever has asked.
fn drain() -> Result<(), Failed> {
    let (place, port) = compile("examples/simple_server", Target::host(), "")?;
    let output = Command::new("python3")
        .arg(root().join("tests/http/drain.py"))
        .args([place.path().join("a.out").as_str(), "--port", &port.to_string(), "--rounds", "2"])
        .output()?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

/// Two copies behind nginx, ended and started anew under load: nobody notices.
fn behind_nginx() -> Result<(), Failed> {
    let (place, _) = compile("examples/container_server", Target::host(), "")?;
    let ports = [free_port()?, free_port()?, free_port()?].map(|port| port.to_string());
    let output = Command::new("python3")
        .arg(root().join("tests/http/behind_nginx.py"))
        .arg(place.path().join("a.out"))
        .arg("--ports")
        .args(ports)
        .output()?;
    if output.status.code() == Some(3) {
        eprintln!("\n*** SKIPPED: no nginx here: servers behind it are not tested ***\n");
        return Ok(());
    }
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}

fn play_hard(place: &Place, port: u16, parts: &str) -> Result<(), Failed> {
    let output = Command::new("python3")
        .arg(root().join("tests/http/hard_times.py"))
        .args(["--server", place.path().join("a.out").as_str(), "--port", &port.to_string(), "--only", parts])
        .output()?;
    if output.status.success() { Ok(()) } else { Err(explain(&output).into()) }
}
