//! The word behind the file: our own commands, and those of the libraries the file imports.
//!
//! In: a file, a word, its arguments. Out: the command's effect. A library's command may turn on build
//! flags, so the word is looked up before the program is loaded for good.

use crate::cli::{Deny, Emit};
use crate::disk::Disk;
use crate::phase;
use crate::pipeline::{self, Built};
use crate::session::{Failed, Session, command_line, surroundings};
use crate::world::World;
use camino::Utf8Path;
use koru_base::diagnostic::closest;
use koru_base::targets::BUILD;
use koru_hir::koru::{self, Command};
use std::process;

const BUILT_IN: [(&str, &str); 8] = [
    ("build", "compile (also without a command)"),
    ("run", "compile and run; the arguments are the program's"),
    ("check", "check only"),
    ("fmt", "format the file"),
    ("trace", "where addresses of a panic are: those given, or those in the text of standard input"),
    ("inspect", "what the program is made of: bytes by item, system calls, why an item is there"),
    ("verify", "build again and compare with the program that is there"),
    ("help", "list the commands"),
];

/// Runs a command on a file; without one, builds it.
pub fn run(
    session: &mut Session,
    file: &Utf8Path,
    command: Option<&str>,
    args: Vec<String>,
) -> Result<(), Failed> {
    if !file.is_file() {
        return Err(command_line(format!("there is no file `{file}`")));
    }
    let done = match command {
        None if session.options.check => check(session, file),
        None | Some("run") if session.emits(Emit::Run) => evaluate(session, file, args),
        None | Some("build") => build(session, file, args),
        Some("run") => run_program(session, file, &args),
        Some("check") => check(session, file),
        Some("trace") => trace(session, file, &args),
        Some("inspect") => crate::inspect::inspect(session, file, &args),
        Some("verify") => crate::inspect::verify(session, file, &args),
        Some("help") => help(session, file),
        Some(word) => library_command(session, file, word, args),
    };
    session.print_times();
    done
}

fn check(session: &mut Session, file: &Utf8Path) -> Result<(), Failed> {
    pipeline::check(session, &Disk, file).map(|_| ())
}

/// Builds the program, or has a library do it.
fn build(session: &mut Session, file: &Utf8Path, args: Vec<String>) -> Result<(), Failed> {
    let cx = phase!(session, "load", pipeline::load(session, &Disk, file)?);
    if let Some(builder) = cx.koru.tables.builder.clone()
        && session.options.emit.is_none()
    {
        return run_command(session, file, &builder, args);
    }
    if let Some(built) = pipeline::build_loaded(session, &Disk, file, cx)? {
        announce(session, &built);
    }
    Ok(())
}

/// Says what was built, as the seed does.
pub fn announce(session: &Session, built: &Built) {
    eprintln!("✓ Compiled to {}", built.path);
    if session.options.verbose {
        eprintln!(
            "  {} bytes for {}, {} items stripped",
            built.bytes,
            built.target.triple,
            built.stripped.len()
        );
        if built.relocation_bytes > 0 {
            eprintln!("  {} bytes of addresses in data are corrected at start", built.relocation_bytes);
        }
    }
}

fn run_program(session: &mut Session, file: &Utf8Path, args: &[String]) -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(surroundings)?;
    let program = Utf8Path::from_path(folder.path()).map(|path| path.join("program"));
    let Some(program) = program else { return Err(surroundings("the temporary folder's name is not UTF-8")) };
    session.options.output = program.clone();
    let Some(built) = pipeline::build(session, &Disk, file)? else { return Ok(()) };
    let is_native = built.target == koru_base::Target::host();
    let mut command = if is_native {
        process::Command::new(&program)
    } else {
        process::Command::new(built.target.emulator)
    };
    if !is_native {
        command.arg(&program);
    }
    let status = command.args(args).status();
    let status = status.map_err(|error| surroundings(format!("cannot run the program: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(Failed::Status(code as u8)),
        None => Err(Failed::Status(signal_status(status))),
    }
}

/// Builds the program again, which gives the same file, and looks addresses up in it.
fn trace(session: &mut Session, file: &Utf8Path, addresses: &[String]) -> Result<(), Failed> {
    let folder = tempfile::tempdir().map_err(surroundings)?;
    let program = Utf8Path::from_path(folder.path()).map(|path| path.join("program"));
    let Some(program) = program else { return Err(surroundings("the temporary folder's name is not UTF-8")) };
    session.options.output = program.clone();
    match pipeline::build(session, &Disk, file)? {
        Some(_) => crate::trace::run(&program, addresses),
        None => Ok(()),
    }
}

/// Has the evaluator run the program, with the compiler as its operating system.
fn evaluate(session: &mut Session, file: &Utf8Path, args: Vec<String>) -> Result<(), Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let mut product = pipeline::load(session, &Disk, file)?;
    let mut build = koru::load(pipeline::setup(session, &Disk, file, &libraries, &BUILD));
    koru::check(&mut build);
    session.show_errors(&mut build.sink, &build.sources)?;
    let mut argv = vec![file.to_string()];
    argv.extend(args);
    let mut world = World::new(session, file, argv);
    let ran = koru_meta::run_program(&mut build, &mut product, &mut world);
    let status = world.status();
    if ran.is_ok() && status == 0 {
        world.finish();
    }
    drop(world);
    if let Err(problem) = ran {
        build.sink.report(*problem);
    }
    session.show(&mut build.sink, &build.sources)?;
    if status == 0 { Ok(()) } else { Err(Failed::Status(status)) }
}

/// 128 and the signal's number, as shells report it.
pub fn signal_status(status: process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    status.signal().map_or(1, |signal| 128 + signal as u8)
}

/// The commands the loaded libraries declare.
fn declared(session: &Session, file: &Utf8Path) -> Result<Vec<Command>, Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let cx = koru::load(pipeline::setup(session, &Disk, file, &libraries, koru_base::Target::host()));
    Ok(cx.koru.tables.commands.clone())
}

fn help(session: &Session, file: &Utf8Path) -> Result<(), Failed> {
    println!("commands of koruc:");
    for (name, description) in BUILT_IN {
        println!("  {name:10} {description}");
    }
    let declared = declared(session, file)?;
    if !declared.is_empty() {
        println!("commands of the libraries that {file} imports:");
    }
    for command in declared {
        println!("  {:10} {}", command.name, command.description);
    }
    Ok(())
}

fn library_command(
    session: &mut Session,
    file: &Utf8Path,
    word: &str,
    args: Vec<String>,
) -> Result<(), Failed> {
    let declared = declared(session, file)?;
    let found = declared.iter().find(|one| one.name == word || one.alias.as_deref() == Some(word));
    let Some(command) = found else {
        // What would have declared it may be what is wrong.
        let mut product = pipeline::load(session, &Disk, file)?;
        session.show_errors(&mut product.sink, &product.sources)?;
        let names = declared.iter().map(|one| one.name.as_str()).chain(BUILT_IN.map(|(name, _)| name));
        let near = closest(word, names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = format!("there is no command `{word}`{near}\nhelp: `koruc {file} help` lists them");
        return Err(command_line(message));
    };
    run_command(session, file, command, args)
}

/// Runs a library's code.
fn run_command(
    session: &mut Session,
    file: &Utf8Path,
    command: &Command,
    args: Vec<String>,
) -> Result<(), Failed> {
    session.implied.clone_from(&command.implies);
    let libraries = Disk::libraries().map_err(surroundings)?;
    let mut product = pipeline::load(session, &Disk, file)?;
    session.show_errors(&mut product.sink, &product.sources)?;
    let mut build = koru::load(pipeline::setup(session, &Disk, file, &libraries, &BUILD));
    let again = pipeline::setup(session, &Disk, file, &libraries, &BUILD);
    let mut argv = vec![command.name.clone()];
    argv.extend(args);
    let mut world = World::new(session, file, argv);
    koru_meta::prepare(&mut build, command, &mut || koru::load(again.clone()), &mut world);
    let ran = koru_meta::run_command(&mut build, &mut product, command, &mut world);
    let (status, build_failed) = (world.status(), world.build_failed());
    let is_wrong = build_failed || product.sink.has_errors() || build.sink.has_errors();
    if ran.is_ok() && status == 0 && !is_wrong {
        world.finish();
    }
    drop(world);
    if let Err(problem) = ran {
        build.sink.report(*problem);
    }
    let own = session.show(&mut build.sink, &build.sources);
    session.show(&mut product.sink, &product.sources).and(own)?;
    match status {
        0 if build_failed => Err(Failed::Program),
        0 => Ok(()),
        status => Err(Failed::Status(status)),
    }
}

/// Is this refused by `--deny`?
pub fn is_denied(session: &Session, what: Deny) -> bool {
    session.options.deny.contains(&what)
}
