//! Graphs to programs that run, on every target and level, and what the files look like.
//!
//! A test is the text of a graph with a `@main`. What differs between targets comes before it: the start,
//! and `@write(address, bytes)` and `@stop(status)`.

mod calls;
mod file;
mod memory;
mod operations;

use super::{Input, LinkFailure, Linked, Options, Waiting, link, undefined_symbols};
use camino::Utf8PathBuf;
use koru_base::{Level, Target};
use koru_flow::{Graph, text, verify};
use koru_llvm::Output;
use std::io::ErrorKind;
use std::process::Command;

/// The start of a program, and the two system calls tests make.
fn prelude(target: &Target) -> String {
    let (start, write, stop) = match target.arch {
        "x86_64" => (r"movq %rsp, %rdi\nandq $$-16, %rsp\ncall main", 1, 60),
        "aarch64" => (r"mov x0, sp\nbl main", 64, 93),
        _ => (r"mv a0, sp\ntail main", 64, 93),
    };
    format!(
        r#"
export naked fn @_start() [] {{
  b0:
    asm volatile "{start}"()
    unreachable
}}
fn @write(ptr, i64) [return] {{
  b0(v0: ptr, v1: i64):
    v2: i64 = const 1
    v3: i64 = syscall {write}(v2, v0, v1)
    exit return
}}
fn @stop(i64) [] {{
  b0(v0: i64):
    v1: i64 = syscall {stop}(v0)
    unreachable
}}
"#
    )
}

/// The graph of a test.
fn graph(target: &Target, text: &str) -> Graph {
    let text = prelude(target) + text;
    let graph = text::read(&text).unwrap_or_else(|message| panic!("{message}\n{text}"));
    verify::expect_lawful(&graph, "the test");
    graph
}

fn compile(graph: &Graph, target: &Target, level: Level, output: Output) -> Vec<u8> {
    koru_llvm::emit(graph, &options(target, level, output)).expect("LLVM takes the program")
}

fn options(target: &Target, level: Level, output: Output) -> koru_llvm::Options<'_> {
    koru_llvm::Options::new(target, level, output)
}

/// What LLVM may call on its own, as far as tests make it.
const RUNTIME: &str = r#"
export c fn @memset(ptr, i32, i64) [return(ptr)] {
  b0(v0: ptr, v1: i32, v2: i64):
    v3: i64 = const 0
    v4: i8 = truncate v1
    jump b1(v3)
  b1(v5: i64):
    v6: i1 = equal v5, v2
    branch v6, b3, b2
  b2:
    v7: ptr = offset v0, v5
    store v7, v4 align 1
    v8: i64 = const 1
    v9: i64 = add v5, v8
    jump b1(v9)
  b3:
    exit return(v0)
}
export c fn @memcpy(ptr, ptr, i64) [return(ptr)] {
  b0(v0: ptr, v1: ptr, v2: i64):
    v3: i64 = const 0
    jump b1(v3)
  b1(v4: i64):
    v5: i1 = equal v4, v2
    branch v5, b3, b2
  b2:
    v6: ptr = offset v1, v4
    v7: i8 = load v6 align 1
    v8: ptr = offset v0, v4
    store v8, v7 align 1
    v9: i64 = const 1
    v10: i64 = add v4, v9
    jump b1(v10)
  b3:
    exit return(v0)
}
export c fn @fmin(f64, f64) [return(f64)] {
  b0(v0: f64, v1: f64):
    v2: i1 = float_not_equal v1, v1
    v3: i1 = float_less v0, v1
    v4: i1 = or v2, v3
    v5: f64 = select v4, v0, v1
    exit return(v5)
}
export c fn @fmaxf(f32, f32) [return(f32)] {
  b0(v0: f32, v1: f32):
    v2: i1 = float_not_equal v1, v1
    v3: i1 = float_greater v0, v1
    v4: i1 = or v2, v3
    v5: f32 = select v4, v0, v1
    exit return(v5)
}
"#;

/// What the object calls and does not have, as an object.
fn runtime(object: &[u8], target: &Target) -> Vec<u8> {
    let mut graph = text::read(RUNTIME).expect("a graph");
    let wanted = undefined_symbols(object);
    let functions =
        graph.functions.iter().filter(|function| wanted.iter().any(|name| function.name == **name));
    graph.functions = functions.cloned().collect();
    let options = koru_llvm::Options { no_builtins: true, ..options(target, Level::Small, Output::Object) };
    koru_llvm::emit(&graph, &options).expect("LLVM takes the runtime")
}

/// A linked program, and the folder it lives in.
struct Program {
    path: Utf8PathBuf,
    linked: Linked,
    /// Gone with the program.
    _folder: tempfile::TempDir,
}

fn build(graph: &Graph, target: &Target, level: Level) -> Result<Program, LinkFailure> {
    let folder = tempfile::tempdir().expect("a folder for the program");
    let path = Utf8PathBuf::try_from(folder.path().join("a.out")).expect("a UTF-8 path");
    let object = compile(graph, target, level, Output::Object);
    let runtime = runtime(&object, target);
    let inputs = [("program", &object), ("runtime", &runtime)];
    let inputs = inputs.map(|(name, bytes)| Input { name, bytes });
    let linked = link(&inputs, target, &path, Options::default(), Waiting::start(target))?;
    Ok(Program { path, linked, _folder: folder })
}

impl Program {
    /// Runs it: what it printed, and its status.
    fn run(&self, target: &Target) -> (String, Option<i32>) {
        let mut command = match target == Target::host() {
            true => Command::new(&self.path),
            false => Command::new(target.emulator),
        };
        if target != Target::host() {
            command.arg(&self.path);
        }
        // Another test that starts a program may hold this one open for as long as that takes.
        let ran = loop {
            match command.output() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                done => break done.expect("the program can be started"),
            }
        };
        (String::from_utf8_lossy(&ran.stdout).into_owned(), ran.status.code())
    }
}

/// Builds a program for every target and level, and compares what it does.
fn check(text: &str, printed: &str, status: i32) {
    for target in koru_base::targets::TARGETS {
        let graph = graph(target, text);
        for level in Level::ALL {
            let place = format!("{} {}", target.triple, level.name());
            let program = build(&graph, target, level).unwrap_or_else(|failure| panic!("{place}: {failure}"));
            assert_eq!(program.run(target), (printed.to_string(), Some(status)), "{place}");
        }
    }
}

const HELLO: &str = r#"
const global @text 13 align 1 = "hello, world\n"
export c fn @main(ptr) [] {
  b0(v0: ptr):
    v1: ptr = const @text
    v2: i64 = const 13
    call @write(v1, v2)
    v3: i64 = const 0
    call @stop(v3) []
}
"#;

#[test]
fn hello_runs_everywhere() {
    check(HELLO, "hello, world\n", 0);
}

#[test]
fn asm_that_is_none_is_a_failure() {
    let target = Target::host();
    let text = HELLO.replace("call @write(v1, v2)", "asm volatile \"no such instruction\"()");
    let options = koru_llvm::Options::new(target, Level::Small, Output::Object);
    let failure = koru_llvm::emit(&graph(target, &text), &options).expect_err("this is no instruction");
    assert!(failure.message.contains("no such instruction"), "{failure}");
}
