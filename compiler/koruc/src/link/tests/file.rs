//! The file itself: its size, its segments, and what is left when a link fails.

use super::*;
use crate::elf;
use std::fs;

/// Program headers as `type flags`, in order.
fn segments(file: &[u8]) -> Vec<String> {
    use object::elf::{FileHeader64, PF_R, PF_W, PF_X, PT_GNU_STACK, PT_LOAD, PT_TLS};
    use object::read::elf::{FileHeader, ProgramHeader};
    let header = FileHeader64::<object::Endianness>::parse(file).expect("an ELF file");
    let endian = header.endian().expect("an order of bytes");
    let describe = |header: &object::elf::ProgramHeader64<object::Endianness>| {
        let kind = match header.p_type(endian) {
            PT_LOAD => "load",
            PT_TLS => "tls",
            PT_GNU_STACK => "stack",
            _ => "other",
        };
        let flags = header.p_flags(endian);
        let letter = |flag, letter| if flags & flag == flag { letter } else { "-" };
        format!("{kind} {}{}{}", letter(PF_R, "r"), letter(PF_W, "w"), letter(PF_X, "x"))
    };
    header.program_headers(endian, file).expect("program headers").iter().map(describe).collect()
}

/// The program with its `main` as its start: no stack to align, nothing to hand over.
fn bare(text: &str, target: &Target) -> Graph {
    let text = prelude(target).replace("@_start", "@unused").replace("export naked", "naked")
        + &text.replace("@main", "@_start");
    text::read(&text).expect("a graph")
}

#[test]
fn hello_is_as_small_as_by_hand() {
    let target = Target::find("x86_64-linux-musl").expect("a row");
    let program = build(&bare(HELLO, target), target, Level::Small).expect("a program");
    assert_eq!(program.run(target), ("hello, world\n".into(), Some(0)));
    assert!(program.linked.bytes <= 214, "{} bytes", program.linked.bytes);
}

fn check_segments(text: &str, expected: &[&str]) {
    for target in koru_base::targets::TARGETS {
        let program = build(&graph(target, text), target, Level::Small).expect("a program");
        let file = fs::read(&program.path).expect("the program");
        assert_eq!(segments(&file), expected, "{}", target.triple);
        assert_eq!(elf::drop_sections(file.clone()), file, "nothing is left to drop");
    }
}

#[test]
fn no_segment_is_both_written_and_executed() {
    check_segments(HELLO, &["load r-x", "stack rw-"]);
    // A write, or LLVM sees that the data is constant.
    let text = HELLO.replace("const global", "global");
    let text = text.replace("call @write(v1, v2)", "store v1, v2 align 1 volatile");
    check_segments(&text, &["load r-x", "load rw-", "stack rw-"]);
    let text = text.replace("global @text", "threadlocal global @text");
    check_segments(&text, &["load r-x", "load rw-", "tls r--", "stack rw-"]);
}

/// Bitcode is compiled by lld itself; what it holds is only seen afterwards.
#[test]
fn bitcode_links_as_objects_do() {
    for target in koru_base::targets::TARGETS {
        let bitcode = compile(&graph(target, HELLO), target, Level::Small, Output::Bitcode);
        let folder = tempfile::tempdir().expect("a folder for the program");
        let path = Utf8PathBuf::try_from(folder.path().join("a.out")).expect("a UTF-8 path");
        let inputs = [Input { name: "program", bytes: &bitcode }];
        let linked =
            link(&inputs, target, &path, Options::default(), Waiting::start(target)).expect("a program");
        let program = Program { path, linked, _folder: folder };
        assert_eq!(program.run(target), ("hello, world\n".into(), Some(0)), "{}", target.triple);
        let file = fs::read(&program.path).expect("the program");
        assert_eq!(segments(&file), ["load r-x", "stack rw-"], "{}", target.triple);
    }
}

#[test]
fn the_same_program_is_the_same_bytes() {
    let target = Target::host();
    let graph = graph(target, HELLO);
    let file = || fs::read(build(&graph, target, Level::Small).expect("a program").path).expect("its bytes");
    assert_eq!(file(), file());
}

#[test]
fn a_link_that_fails_leaves_what_failed() {
    let target = Target::host();
    let text = HELLO.replace("call @write(v1, v2)", "call @missing(v1, v2)")
        + "import c fn @missing(ptr, i64) [return]\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::try_from(folder.path().join("a.out")).expect("a UTF-8 path");
    let object = compile(&graph(target, &text), target, Level::Small, Output::Object);
    let inputs = [Input { name: "program", bytes: &object }];
    let Err(LinkFailure::Refused { output, replay }) =
        link(&inputs, target, &path, Options::default(), Waiting::start(target))
    else {
        panic!("lld found what is nowhere")
    };
    assert!(output.contains("undefined") && output.contains("missing"), "{output}");
    assert!(!path.exists());
    let again = Command::new("sh").arg(replay.join("replay.sh")).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&again.stderr), output);
    let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
    assert_eq!(left.len(), 1, "only the replay is left: {left:?}");
}
