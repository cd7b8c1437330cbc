//! Images: built by the seed's command line, measured, run without any right, stopped.
//!
//! Needs a container engine: the one that runs, or one `tools/engine` can start. Where neither is
//! possible the test says loudly that it was skipped.

use crate::koruc::{Place, explain, root, text};
use libtest_mimic::{Failed, Trial};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("image::seed", seed),
        Trial::test("image::failures", failures),
        Trial::test("image::health", health),
        Trial::test("image::rights", rights),
    ]
}

fn engine(word: &str) -> bool {
    let status = Command::new(root().join("tools/engine")).arg(word).status();
    status.is_ok_and(|status| status.success())
}

fn docker(args: &[&str]) -> Result<Output, Failed> {
    Ok(Command::new("docker").args(args).output()?)
}

fn docker_text(args: &[&str]) -> Result<String, Failed> {
    let output = docker(args)?;
    if output.status.success() {
        Ok(text(&output.stdout).trim().to_owned())
    } else {
        Err(explain(&output).into())
    }
}

/// Everything the seed promises about its image, and the same of a copy of the library under other names.
fn seed() -> Result<(), Failed> {
    if !engine("start") {
        eprintln!(
            "\n*** SKIPPED: no container engine here, and none could be started: images are not tested ***\n"
        );
        return Ok(());
    }
    let checked = check_image("docker", &Place::copy_of(&root().join("examples")));
    let copied = checked.and_then(|()| check_image("ship", &renamed_copy()?));
    let healthy = copied.and_then(|()| becomes_healthy());
    let counted = healthy.and_then(|()| counts_processors());
    engine("stop");
    counted
}

/// A container of the example with a health check is told to be healthy.
fn becomes_healthy() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let built = place.koruc(&["container_server.kz", "docker", "build"]);
    if !built.status.success() {
        return Err(explain(&built).into());
    }
    let container =
        docker_text(&["run", "-d", "--read-only", "--health-interval", "1s", "koru-healthy:latest"])?;
    let start = Instant::now();
    let mut state = String::new();
    while state != "healthy" && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(200));
        state = docker_text(&["inspect", "-f", "{{.State.Health.Status}}", &container])?;
    }
    docker_text(&["rm", "-f", &container])?;
    if state == "healthy" { Ok(()) } else { Err(format!("the container is {state}").into()) }
}

/// `"workers": "auto"` follows the quota of a container, also where the server may do nothing but what it is known to do.
fn counts_processors() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let seed = place.path().join("simple_server.kz");
    let more = "\n~std.build:config { \"workers\": \"auto\", \"seccomp\": \"auto\" }\n";
    std::fs::write(&seed, std::fs::read_to_string(&seed)? + more)?;
    let built = place.koruc(&["simple_server.kz", "docker", "build"]);
    if !built.status.success() {
        return Err(explain(&built).into());
    }
    let container = docker_text(&["run", "-d", "--cpus", "1", "koru-server:latest"])?;
    let start = Instant::now();
    let mut logs = String::new();
    while !logs.contains("Running with ") && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
        logs = text(&docker(&["logs", &container])?.stderr);
    }
    docker_text(&["rm", "-f", &container])?;
    if logs.contains("Running with 1 workers ") { Ok(()) } else { Err(format!("it says {logs:?}").into()) }
}

/// A project with its own copy of the library under another alias, with another command.
fn renamed_copy() -> Result<Place, Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let vendor = place.path().join("vendor");
    std::fs::create_dir(&vendor)?;
    for entry in root().join("docker-lib").read_dir_utf8()? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let text = std::fs::read_to_string(entry.path())?;
            let text = text
                .replace("\"name\": \"docker\"", "\"name\": \"ship\"")
                .replace("event docker ", "event ship ")
                .replace("~docker =", "~ship =");
            let text = text.replace("proc docker ", "proc ship ").replace("koru.docker:", "mine:");
            std::fs::write(vendor.join(entry.file_name()), text)?;
        }
    }
    std::fs::write(place.path().join("koru.json"), r#"{"paths": {"mine": "vendor"}}"#)?;
    let seed = place.path().join("simple_server.kz");
    let text =
        std::fs::read_to_string(&seed)?.replace("$koru/docker", "$mine").replace("koru.docker:", "mine:");
    std::fs::write(seed, text)?;
    Ok(place)
}

fn check_image(command: &str, place: &Place) -> Result<(), Failed> {
    let _ = docker(&["image", "rm", "-f", "koru-server:latest"]);
    let built = place.koruc(&["simple_server.kz", command, "build"]);
    let said = text(&built.stdout) + &text(&built.stderr);
    if !built.status.success() || !said.contains("✓ built koru-server:latest") {
        return Err(explain(&built).into());
    }
    let bytes = std::fs::metadata(place.path().join("a.out"))?.len().to_string();
    let size = docker_text(&["image", "inspect", "-f", "{{.Size}}", "koru-server:latest"])?;
    if size != bytes {
        return Err(format!("the image has {size} bytes, the file {bytes}").into());
    }
    for rights in [&[][..], &["--read-only", "--cap-drop", "ALL", "--user", "65534"]] {
        serve(rights)?;
    }
    serve_confined(place)
}

/// With the profile that `inspect` writes: any other system call would end the process.
fn serve_confined(place: &Place) -> Result<(), Failed> {
    let inspected = place.koruc(&["simple_server.kz", "inspect", "--seccomp"]);
    if !inspected.status.success() {
        return Err(explain(&inspected).into());
    }
    let profile = place.path().join("profile.json");
    std::fs::write(&profile, &inspected.stdout)?;
    let option = format!("seccomp={profile}");
    serve(&["--security-opt", "no-new-privileges", "--security-opt", &option])
}

fn serve(rights: &[&str]) -> Result<(), Failed> {
    // A free port of ours, so that nothing else on this machine is in the way.
    let port = crate::servers::free_port()?;
    let published = format!("{port}:3001");
    let mut args = vec!["run", "-d", "-p", &published];
    args.extend(rights);
    args.push("koru-server");
    let container = docker_text(&args)?;
    let asked = ask(port);
    let start = Instant::now();
    docker_text(&["stop", &container])?;
    let took = start.elapsed();
    let logs = docker(&["logs", &container])?;
    let logs = text(&logs.stdout) + &text(&logs.stderr);
    docker_text(&["rm", "-f", &container])?;
    asked?;
    let lines = ["Orisha listening on http://0.0.0.0:3001", "Running with 4 workers", "received SIGTERM"];
    if let Some(missing) = lines.iter().find(|line| !logs.contains(**line)) {
        return Err(format!("`docker logs` lacks {missing:?}: {logs}").into());
    }
    if took > Duration::from_secs(5) {
        return Err(format!("`docker stop` took {took:?}").into());
    }
    Ok(())
}

fn ask(port: u16) -> Result<(), Failed> {
    let address = format!("http://127.0.0.1:{port}/");
    let args =
        ["-s", "--retry", "30", "--retry-connrefused", "--retry-all-errors", "--retry-delay", "0", &address];
    let output = Command::new("curl").args(args).output()?;
    let answer = text(&output.stdout);
    if answer == "Hello from Koru!" {
        Ok(())
    } else {
        Err(format!("curl gets {answer:?}: {}", text(&output.stderr)).into())
    }
}

/// A command that needs a shell is refused in an image from scratch; an engine is told what it must be for a health check.
fn health() -> Result<(), Failed> {
    let example = std::fs::read_to_string(root().join("examples/container_server.kz"))?;
    let bare = example.replace("CMD [\"/server\", \"--healthcheck\"]", "CMD /server --healthcheck");
    let other = example
        .replace("\"healthcheck\": \"on\"", "\"healthcheck\": \"on\",\n    \"docker.engine\": \"./podman\"");
    for (program, expected) in [
        (&example, "build -t koru-healthy:latest -f .koru-docker/0/Dockerfile .koru-docker/0\n"),
        (&bare, "error[KORU703]: an image from scratch has no shell for this"),
        (
            &other,
            "build -t koru-healthy:latest -f .koru-docker/0/Dockerfile .koru-docker/0 --format docker\n",
        ),
    ] {
        let place = Place::new();
        std::fs::write(place.path().join("main.kz"), program)?;
        for engine in ["docker", "podman"] {
            let path = place.path().join(engine);
            std::fs::write(&path, "#!/bin/sh\necho \"$@\"\nexit 1\n")?;
            Command::new("chmod").args(["+x", path.as_str()]).status()?;
        }
        let tools = format!("{}:{}", place.path(), std::env::var("PATH")?);
        let mut command = Command::new(crate::koruc::executable());
        command.args(["main.kz", "docker", "build"]).current_dir(place.path()).env("PATH", tools);
        let output = command.output()?;
        let said = text(&output.stderr) + &text(&output.stdout);
        if output.status.success() || !said.contains(expected) {
            return Err(explain(&output).into());
        }
    }
    Ok(())
}

/// Everybody may run the program of an image, whatever the builder lets others do. An engine that only looks is enough for that.
fn rights() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let engine = place.path().join("docker");
    std::fs::write(&engine, "#!/bin/sh\nfor folder; do :; done\nstat -c %a \"$folder/a.out\" > rights\n")?;
    Command::new("chmod").args(["+x", engine.as_str()]).status()?;
    let script = format!("umask 077; exec {} container_server.kz docker build", crate::koruc::executable());
    let tools = format!("{}:{}", place.path(), std::env::var("PATH")?);
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(place.path()).env("PATH", tools).output()?;
    let rights = std::fs::read_to_string(place.path().join("rights")).unwrap_or_default();
    if output.status.success() && rights == "755\n" {
        Ok(())
    } else {
        Err(format!("{rights}{}", explain(&output)).into())
    }
}

/// No engine's client, or one that fails: said clearly, with its output, and nothing half done.
fn failures() -> Result<(), Failed> {
    for (script, expected) in [
        (None, "docker"),
        (Some("#!/bin/sh\necho the engine is asleep >&2\nexit 1\n"), "the engine is asleep"),
    ] {
        let place = Place::copy_of(&root().join("examples"));
        let tools = place.path().join("tools");
        std::fs::create_dir(&tools)?;
        let lld = ["/usr/bin/ld.lld-19", "/usr/bin/ld.lld"]
            .into_iter()
            .find(|path| std::path::Path::new(path).exists());
        for tool in ["cp", "rm", "sh", "chmod"] {
            std::os::unix::fs::symlink(format!("/bin/{tool}"), tools.join(tool))?;
        }
        std::os::unix::fs::symlink(lld.ok_or("no lld")?, tools.join("ld.lld-19"))?;
        if let Some(script) = script {
            let path = tools.join("docker");
            std::fs::write(&path, script)?;
            Command::new("chmod").args(["+x", path.as_str()]).status()?;
        }
        let mut command = Command::new(crate::koruc::executable());
        command.args(["simple_server.kz", "docker", "build"]).current_dir(place.path()).env("PATH", &tools);
        let output = command.output()?;
        let said = text(&output.stderr) + &text(&output.stdout);
        if output.status.success() || !said.contains(expected) {
            return Err(explain(&output).into());
        }
    }
    Ok(())
}
