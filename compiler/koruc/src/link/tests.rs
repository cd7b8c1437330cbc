//! Graphs to programs that run, on every target that can be run here.

use super::{Input, Options, link};
use camino::Utf8PathBuf;
use koru_base::{Level, Name, Span, Target};
use koru_flow::builder::Builder;
use koru_flow::*;
use koru_llvm::Output;
use std::process::Command;

const WORD: Type = Type::WORD;

/// System calls of a target: numbers differ, nothing else.
fn numbers(target: &Target) -> (u32, u32) {
    match target.arch {
        "x86_64" => (1, 60),
        _ => (64, 93),
    }
}

fn function(name: &str, params: &[Type], exits: &[(&str, &[Type])], body: Body) -> Function {
    let exit = |(name, results): &(&str, &[Type])| Exit { name: Name::new(name), results: results.to_vec() };
    Function {
        name: Name::new(name),
        signature: Signature {
            params: params.to_vec(),
            exits: exits.iter().map(exit).collect(),
            convention: Convention::Koru,
        },
        linkage: Linkage::Internal,
        inline: Inline::Auto,
        is_cold: false,
        body: Some(body),
        span: Span::NONE,
    }
}

/// `_start`: hands the stack to `main`, which never returns.
fn start(target: &Target) -> Function {
    let template = match target.arch {
        "x86_64" => "movq %rsp, %rdi\nandq $$-16, %rsp\ncall main",
        "aarch64" => "mov x0, sp\nbl main",
        _ => "mv a0, sp\ntail main",
    };
    let mut at = Builder::new(&[]);
    let asm = Asm {
        template: template.into(),
        output: String::new(),
        inputs: Vec::new(),
        clobbers: Vec::new(),
        is_volatile: true,
    };
    at.effect(Op::Asm(Box::new(asm)));
    at.terminate(Terminator::Unreachable);
    let mut start = function("_start", &[], &[], at.finish());
    start.linkage = Linkage::Export;
    start.signature.convention = Convention::Naked;
    start
}

fn bytes(name: &str, bytes: &[u8]) -> Global {
    Global {
        name: Name::new(name),
        bytes: bytes.to_vec(),
        size: bytes.len() as u64,
        align: 1,
        relocations: Vec::new(),
        is_const: true,
        is_threadlocal: false,
        linkage: Linkage::Internal,
    }
}

/// A program under construction: `main` calls `numbers` and ends.
struct Program {
    graph: Graph,
    at: Builder,
    target: &'static Target,
}

impl Program {
    fn new(target: &'static Target) -> Program {
        Program { graph: Graph::default(), at: Builder::new(&[Type::Pointer]), target }
    }

    fn write(&mut self, address: ValueId, count: ValueId) {
        let one = self.at.word(1);
        let args = vec![one, address, count];
        self.at.push(WORD, Op::Syscall { number: numbers(self.target).0, args });
    }

    fn exit(&mut self, status: ValueId) {
        self.at.push(WORD, Op::Syscall { number: numbers(self.target).1, args: vec![status] });
        self.at.terminate(Terminator::Unreachable);
    }

    fn finish(self) -> Graph {
        let mut graph = self.graph;
        graph.functions.push(start(self.target));
        let mut main = function("main", &[Type::Pointer], &[], self.at.finish());
        main.linkage = Linkage::Export;
        main.signature.convention = Convention::C;
        graph.functions.push(main);
        graph
    }
}

fn compile(graph: &Graph, target: &Target, level: Level) -> Vec<u8> {
    let options = koru_llvm::Options { target, level, cpu: None, output: Output::Object, no_builtins: false };
    koru_llvm::emit(graph, &options).expect("LLVM takes the program")
}

/// Builds and runs a program: what it printed, its status, and its size.
fn run(graph: &Graph, target: &Target, level: Level) -> (String, i32, u64) {
    let folder = tempfile::tempdir().expect("a folder for the program");
    let output = Utf8PathBuf::try_from(folder.path().join("a.out")).expect("a UTF-8 path");
    let object = compile(graph, target, level);
    let inputs = [Input::Bytes { name: "program", bytes: &object }];
    let linked =
        link(&inputs, target, &output, Options::default()).unwrap_or_else(|failure| panic!("{failure}"));
    let mut command = match target == Target::host() {
        true => Command::new(&output),
        false => {
            let mut command = Command::new(target.emulator);
            command.arg(&output);
            command
        }
    };
    let ran = command.output().expect("the program can be started");
    let status = ran.status.code().unwrap_or(-1);
    (String::from_utf8_lossy(&ran.stdout).into_owned(), status, linked.bytes)
}

/// Builds the program `build` describes for every target and level, and compares what it does.
fn check(build: impl Fn(&mut Program), printed: &str, status: i32) {
    for target in koru_base::targets::TARGETS {
        for level in Level::ALL {
            let mut program = Program::new(target);
            build(&mut program);
            let (output, ended, _) = run(&program.finish(), target, level);
            let place = format!("{} {}", target.triple, level.name());
            assert_eq!((output.as_str(), ended), (printed, status), "{place}");
        }
    }
}

fn hello(program: &mut Program) {
    let text = program.graph.globals.push(bytes("text", b"hello, world\n"));
    let text = program.at.push(Type::Pointer, Op::Const(Constant::Global(text)));
    let count = program.at.word(13);
    program.write(text, count);
    let zero = program.at.word(0);
    program.exit(zero);
}

#[test]
fn hello_runs_everywhere() {
    check(hello, "hello, world\n", 0);
}

#[test]
fn hello_is_as_small_as_by_hand() {
    let target = Target::find("x86_64-linux-musl").expect("a row");
    let mut program = Program::new(target);
    hello(&mut program);
    let mut graph = program.finish();
    // No stack to align, nothing to hand over: `main` itself can be the start.
    graph.functions.iter_mut().for_each(|function| {
        let is_main = function.name == "main";
        function.name = if is_main { Name::new("_start") } else { Name::new("unused") };
        if !is_main {
            function.linkage = Linkage::Internal;
        }
    });
    let (output, status, size) = run(&graph, target, Level::Small);
    assert_eq!((output.as_str(), status), ("hello, world\n", 0));
    assert!(size <= 215, "{size} bytes");
}
