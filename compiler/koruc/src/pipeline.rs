//! The compiler on one page: a file in, an executable out, each stage one line.

use crate::cli::{Emit, Passes, Way};
use crate::disk::Disk;
use crate::finish::Finish;
use crate::foreign::Foreign;
use crate::inspect::budget;
use crate::link::{self, Waiting};
use crate::listing::listing;
use crate::session::{Failed, Session, command_line, surroundings};
use crate::world::World;
use crate::{phase, runtime};
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::codes::{KORU300, KORU304, KORU308};
use koru_base::diagnostic::closest;
use koru_base::targets::{BUILD, TARGETS};
use koru_base::{Diagnostic, Level, Name, Sources, Span, Target};
use koru_flow::system_calls::SystemCalls;
use koru_flow::{Graph, Stripped};
use koru_hir::koru::{Library, Setup};
use koru_hir::{Context, koru, lower};
use koru_llvm::{Bitcode, NOBODY, Output};
use std::collections::BTreeSet;
use std::io::Write;

/// What was built.
#[derive(Clone, Debug)]
pub struct Built {
    pub path: Utf8PathBuf,
    pub bytes: u64,
    /// Of the table of addresses that the program corrects when it starts.
    pub relocation_bytes: u64,
    pub target: &'static Target,
    /// Items no root reaches, which are not in the executable.
    pub stripped: Vec<String>,
}

/// From a file to a checked program.
pub fn check<'w>(session: &mut Session, disk: &'w Disk, file: &Utf8Path) -> Result<Context<'w>, Failed> {
    let mut cx = phase!(session, "load", load(session, disk, file)?);
    phase!(session, "expand", expand(session, disk, file, &mut cx)?);
    phase!(session, "check", koru::check(&mut cx));
    phase!(session, "flows", run_flows(session, disk, file, &mut cx, false)?);
    let mut roots = roots(session, &mut cx);
    roots.extend(koru::every_event(&mut cx));
    phase!(session, "lower", lower::lower_program(&mut cx, &roots));
    if cx.sink.has_errors() {
        koru::check_rest(&mut cx);
    }
    session.show(&mut cx.sink, &cx.sources)?;
    Ok(cx)
}

/// From a file to an executable, or to the stage that `--emit` asks for.
pub fn build(session: &mut Session, disk: &Disk, file: &Utf8Path) -> Result<Option<Built>, Failed> {
    let cx = phase!(session, "load", load(session, disk, file)?);
    build_loaded(session, disk, file, cx)
}

/// The same, of a program that is loaded.
pub fn build_loaded<'w>(
    session: &mut Session,
    disk: &'w Disk,
    file: &Utf8Path,
    cx: Context<'w>,
) -> Result<Option<Built>, Failed> {
    let Some(Whole { built, cx, graph, .. }) = build_whole(session, disk, file, cx)? else { return Ok(None) };
    leave_behind((cx, graph));
    Ok(Some(built))
}

/// koruc lives for one command: to take apart what it made is the kernel's work, which does it at once.
fn leave_behind<T>(made: T) {
    std::mem::forget(made);
}

/// What was built, and what it was built from: for those who ask about its parts.
pub struct Whole<'w> {
    pub built: Built,
    pub cx: Context<'w>,
    /// As LLVM got it.
    pub graph: Graph,
    /// As it was before our passes; empty where nobody asks.
    pub lowered: Graph,
    pub files: link::Files,
    /// Is there code in it that is not Koru's?
    pub has_foreign: bool,
    /// Does it prepare its data at start?
    pub is_prepared: bool,
}

/// Builds the program and keeps what it was built from.
pub fn build_whole<'w>(
    session: &mut Session,
    disk: &'w Disk,
    file: &Utf8Path,
    mut cx: Context<'w>,
) -> Result<Option<Whole<'w>>, Failed> {
    if session.emits(Emit::Ast) {
        let tree = koru_syntax::dump(&cx.modules[cx.entry()].tree);
        session.show(&mut cx.sink, &cx.sources)?;
        return print(tree.as_bytes()).map(|()| None);
    }
    phase!(session, "expand", expand(session, disk, file, &mut cx)?);
    phase!(session, "check", koru::check(&mut cx));
    phase!(session, "flows", run_flows(session, disk, file, &mut cx, true)?);
    let mut roots = roots(session, &mut cx);
    if cx.sink.has_errors() {
        // Flows with mistakes reach nothing: look at everything, so that one run tells all.
        roots.extend(koru::every_event(&mut cx));
    }
    // Elsewhere most variables are gone when the code is optimised.
    cx.is_watched = session.options.lines && session.options.level == Level::Debug;
    let mut graph = phase!(session, "lower", lower::lower_program(&mut cx, &roots));
    if cx.sink.has_errors() {
        koru::check_rest(&mut cx);
    }
    session.show(&mut cx.sink, &cx.sources)?;
    let foreign = phase!(session, "foreign", foreign(session, disk, &mut cx, &mut graph)?);
    let lowered = if session.is_inspected { graph.clone() } else { Graph::default() };
    let unused = phase!(session, "optimize", optimize(session, &mut graph));
    link::settle_thread_memory(&mut graph);
    let mut stripped = koru::unreached(&cx);
    stripped.extend(unused.functions.iter().chain(&unused.globals).map(|name| name.to_string()));
    match session.options.emit {
        Some(Emit::Flow) => return print(koru_flow::text::print(&graph).as_bytes()).map(|()| None),
        Some(Emit::Stripped) => return print((stripped.join("\n") + "\n").as_bytes()).map(|()| None),
        _ => {}
    }
    confined(session, &mut cx, &graph, &foreign)?;
    let waiting = session.options.emit.is_none().then(|| Waiting::start(cx.target)).flatten();
    let object = phase!(session, "llvm", emit_joined(session, &graph, &mut cx, &foreign)?);
    if session.options.emit.is_some() {
        return print(&object).map(|()| None);
    }
    let limit = phase!(session, "budget", budget::of(session, &mut cx)?);
    let finish = Finish { session, disk, graph: &graph, foreign: &foreign, limit };
    let linked = phase!(session, "link", finish.link(object, &mut cx, waiting)?);
    let built = Built {
        path: session.options.output.clone(),
        bytes: linked.bytes,
        relocation_bytes: linked.relocation_bytes,
        target: cx.target,
        stripped,
    };
    let (is_prepared, has_foreign) = (linked.is_prepared, !foreign.is_empty());
    Ok(Some(Whole { built, cx, graph, lowered, files: linked.files, has_foreign, is_prepared }))
}

/// Loads the program for its target: the command line's, else its config's, else this machine's.
pub fn load<'w>(session: &Session, disk: &'w Disk, file: &Utf8Path) -> Result<Context<'w>, Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let assumed = assumed_target(session)?;
    let mut cx = koru::load(setup(session, disk, file, &libraries, assumed));
    if session.options.target.is_none()
        && let Some(setting) = cx.koru.tables.config.get("target").cloned()
        && setting.value != assumed.triple
    {
        match Target::find(&setting.value) {
            Some(target) => cx = koru::load(setup(session, disk, file, &libraries, target)),
            None => {
                let unknown = Diagnostic::new(KORU300, setting.span, unknown_target(&setting.value));
                cx.sink.report(unknown.note(known_targets()));
            }
        }
    }
    known_flags(session, &cx)?;
    known_processor(session, cx.target)?;
    Ok(cx)
}

/// Replaces the calls of transforms by the code they give.
fn expand<'w>(
    session: &mut Session,
    disk: &'w Disk,
    file: &Utf8Path,
    cx: &mut Context<'w>,
) -> Result<(), Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let again = setup(session, disk, file, &libraries, &BUILD);
    let mut world = World::new(session, file, vec!["transform".to_owned()]);
    let worlds = koru_meta::expand(cx, &mut || koru::load(again.clone()), &mut world);
    leave_behind(worlds);
    if world.status() != 0 { Err(Failed::Status(world.status())) } else { Ok(()) }
}

/// Runs the flows that exist only while compiling; where something is wrong, they are only checked.
fn run_flows<'w>(
    session: &mut Session,
    disk: &'w Disk,
    file: &Utf8Path,
    cx: &mut Context<'w>,
    runs: bool,
) -> Result<(), Failed> {
    let libraries = Disk::libraries().map_err(surroundings)?;
    let again = setup(session, disk, file, &libraries, &BUILD);
    let mut world = World::new(session, file, vec!["flow".to_owned()]);
    let runs = runs && !cx.sink.has_errors();
    koru_meta::run_flows(cx, &mut || koru::load(again.clone()), &mut world, runs);
    if world.status() != 0 { Err(Failed::Status(world.status())) } else { Ok(()) }
}

/// An option nobody asks about is a slip of the pen.
fn known_flags(session: &Session, cx: &Context) -> Result<(), Failed> {
    let asked = koru::asked_flags(cx);
    let own = crate::cli::long_options();
    for flag in &session.flags {
        let name = flag.split('=').next().unwrap_or(flag);
        if asked.iter().any(|known| known == flag || known == name) {
            continue;
        }
        let candidates = asked.iter().map(String::as_str).chain(own.iter().map(String::as_str));
        let near = closest(name, candidates).map(|near| format!("; did you mean `--{near}`?"));
        let near = near.unwrap_or_default();
        return Err(command_line(format!(
            "unknown option `--{name}`{near}\nnote: no loaded file asks about it"
        )));
    }
    Ok(())
}

/// `--target`, else a `--build` that names a system, else this machine.
fn assumed_target(session: &Session) -> Result<&'static Target, Failed> {
    if let Some(triple) = &session.options.target {
        let unknown = || command_line(format!("{}\nnote: {}", unknown_target(triple), known_targets()));
        return Target::find(triple).ok_or_else(unknown);
    }
    let host = Target::host();
    let flags = session.options.build.iter().chain(&session.implied);
    let named = flags.filter(|flag| **flag != host.system).find_map(|flag| Target::of_system(flag));
    Ok(named.unwrap_or(host))
}

/// `--cpu` names a processor of the target, or this machine's where the target is this machine.
fn known_processor(session: &Session, target: &Target) -> Result<(), Failed> {
    let Some(cpu) = session.options.cpu.as_deref() else { return Ok(()) };
    if cpu == "native" {
        let other = format!("`--cpu native` is the processor of this machine, which is no {}", target.arch);
        return if target.triple == Target::host().triple { Ok(()) } else { Err(command_line(other)) };
    }
    if target.cpus.contains(&cpu) {
        return Ok(());
    }
    let unknown = match closest(cpu, target.cpus.iter().copied().chain(["native"])) {
        Some(near) => format!("unknown processor `{cpu}`; did you mean `{near}`?"),
        None => format!("unknown processor `{cpu}`"),
    };
    let known = target.cpus.join(", ");
    Err(command_line(format!("{unknown}\nnote: processors of {} are native, {known}", target.arch)))
}

fn unknown_target(triple: &str) -> String {
    match closest(triple, TARGETS.iter().map(|target| target.triple)) {
        Some(near) => format!("unknown target `{triple}`; did you mean `{near}`?"),
        None => format!("unknown target `{triple}`"),
    }
}

fn known_targets() -> String {
    let names: Vec<_> = TARGETS.iter().map(|target| target.triple).collect();
    format!("targets are {}", names.join(", "))
}

/// What a compilation for a target starts from.
pub fn setup<'w>(
    session: &Session,
    disk: &'w Disk,
    file: &Utf8Path,
    libraries: &[Library],
    target: &'static Target,
) -> Setup<'w> {
    let flags = session.options.build.iter().chain(&session.implied).map(|flag| Name::new(flag));
    Setup {
        files: disk,
        entry: file.to_owned(),
        libraries: libraries.to_vec(),
        target,
        level: session.options.level,
        build_flags: flags.chain([Name::new(target.system)]).collect(),
        flags: session.flags.iter().cloned().collect(),
        auto_discharge: session.options.auto_discharge.into(),
        trees: session.trees.clone(),
    }
}

/// Our passes, unless they are turned off.
pub fn optimize(session: &Session, graph: &mut Graph) -> Stripped {
    match session.options.passes {
        Passes::All => koru_flow::optimize(graph, session.options.level),
        Passes::None => Stripped::default(),
    }
}

/// What the program requires besides Koru. Where that asks for functions of the program, or C's library begins it,
/// these are roots too.
fn foreign(session: &Session, disk: &Disk, cx: &mut Context, graph: &mut Graph) -> Result<Foreign, Failed> {
    let mut foreign = Foreign::gather(session, disk, cx)?;
    if foreign.is_empty() {
        return Ok(foreign);
    }
    let lower = |cx: &mut Context, is_hosted, asked: &BTreeSet<String>| {
        let mut roots = roots_with(session, cx, is_hosted);
        roots.extend(koru::exports_for(cx, asked));
        lower::lower_program(cx, &roots)
    };
    let asked = foreign.asked_of_program();
    *graph = lower(cx, false, &asked);
    session.show(&mut cx.sink, &cx.sources)?;
    foreign.settle(session, disk, cx, graph)?;
    if foreign.is_hosted() {
        *graph = lower(cx, true, &asked);
    }
    Ok(foreign)
}

/// A program that is confined to the system calls it has, has none that nobody can see.
fn confined(session: &Session, cx: &mut Context, graph: &Graph, foreign: &Foreign) -> Result<(), Failed> {
    if graph.find(runtime::CONFINE).is_none() {
        return Ok(());
    }
    let why = "the program is confined to the system calls that koruc sees in it";
    for (_, span) in SystemCalls::of(graph, &cx.target.syscalls).hidden {
        let message = "which system call this assembly makes cannot be seen";
        cx.sink.report(Diagnostic::new(KORU308, span, message).note(why));
    }
    if !foreign.is_empty() {
        let message = "which system calls the program makes by what it requires cannot be seen";
        cx.sink.report(Diagnostic::new(KORU308, Span::NONE, message).note(why));
    }
    session.show(&mut cx.sink, &cx.sources)
}

/// The program's main, and what other code reaches by name.
fn roots(session: &Session, cx: &mut Context) -> Vec<koru_hir::ids::InstanceId> {
    roots_with(session, cx, false)
}

fn roots_with(session: &Session, cx: &mut Context, is_hosted: bool) -> Vec<koru_hir::ids::InstanceId> {
    let events = &session.events;
    let main = if events.is_empty() { koru::program(cx) } else { koru::program_of(cx, events) };
    let mut roots = vec![main];
    roots.extend(koru::start_exports(cx, is_hosted));
    roots.extend(koru::retained(cx));
    roots
}

/// An object, or the stage that is asked for. What LLVM calls on its own has no sources: it is compiled as it stands.
pub fn emit(session: &Session, graph: &Graph, target: &Target, sources: Option<&Sources>) -> Vec<u8> {
    match emit_with(session, graph, target, sources, &[], &NOBODY) {
        Ok(bytes) => bytes,
        Err(failure) => koru_base::bug!("llvm", "{failure}"),
    }
}

/// The same, with the bitcode that the program requires as a part of it.
fn emit_joined(
    session: &Session,
    graph: &Graph,
    cx: &mut Context,
    foreign: &Foreign,
) -> Result<Vec<u8>, Failed> {
    let (joined, outside) = foreign.joined();
    let made = emit_with(session, graph, cx.target, Some(&cx.sources), &joined, &outside);
    match made {
        Ok(bytes) => Ok(bytes),
        Err(failure) if joined.is_empty() => koru_base::bug!("llvm", "{failure}"),
        Err(failure) => {
            let message = format!("what the program requires cannot be joined with it: {failure}");
            cx.sink.report(Diagnostic::new(KORU304, Span::NONE, message));
            session.show(&mut cx.sink, &cx.sources)?;
            Err(Failed::Program)
        }
    }
}

fn emit_with(
    session: &Session,
    graph: &Graph,
    target: &Target,
    sources: Option<&Sources>,
    joined: &[Bitcode],
    outside: &BTreeSet<String>,
) -> Result<Vec<u8>, koru_llvm::Failure> {
    let output = match session.options.emit {
        Some(Emit::Llvm) => Output::Ir,
        Some(Emit::Bc) => Output::Bitcode,
        Some(Emit::Asm) => Output::Assembly,
        _ => Output::Object,
    };
    let (level, cpu) = (session.options.level, session.options.cpu.as_deref());
    let no_builtins = sources.is_none();
    let is_listing = output == Output::Assembly && !session.options.lines;
    // A debug program says where it panics; who reads a stage wants to see what was asked for.
    let says_where = level == Level::Debug && output == Output::Object;
    let is_inspected = session.is_inspected && output == Output::Object;
    let sources = sources.filter(|_| session.options.lines || says_where || is_listing || is_inspected);
    let keeps_frames = session.options.lines || level == Level::Debug;
    let has_lean_passes = target.has_lean_passes && !session.options.without.contains(&Way::LeanPasses);
    let options = koru_llvm::Options {
        target,
        has_lean_passes,
        level,
        cpu,
        output,
        sources,
        keeps_frames,
        no_builtins,
        joined,
        outside,
    };
    let made = koru_llvm::emit(graph, &options)?;
    Ok(match (sources, std::str::from_utf8(&made)) {
        (Some(sources), Ok(text)) if is_listing => listing(text, sources, target.comment).into_bytes(),
        _ => made,
    })
}

/// A result on standard output.
pub fn print(bytes: &[u8]) -> Result<(), Failed> {
    std::io::stdout().write_all(bytes).map_err(surroundings)
}
