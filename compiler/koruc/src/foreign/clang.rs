//! C to bitcode, by way of clang: found once, run in the folder of the table that requires the file.
//!
//! The level is ours, the processor too, so that code of C and of Koru can be inlined into each other. Nothing in
//! the bitcode depends on where the folder is.

use crate::cli::Deny;
use crate::commands::is_denied;
use crate::session::{Failed, Session, surroundings};
use koru_base::codes::*;
use koru_base::targets::{C_COMPILER_PACKAGE, C_COMPILERS, INSTALL};
use koru_base::{Diagnostic, Level, Target};
use koru_hir::Context;
use koru_hir::koru::Required;
use std::io::ErrorKind;
use std::process::{Command, Output};

/// The bitcode of a file; `is_hosted`: the program asks for C's library, so its headers are there.
pub fn compile(
    session: &Session,
    cx: &Context,
    is_hosted: bool,
    file: &Required,
) -> Result<Result<Vec<u8>, Box<Diagnostic>>, Failed> {
    if is_denied(session, Deny::Run) {
        let message = format!("compiling `{}` runs clang, which `--deny run` refuses", file.name);
        let refused = Diagnostic::new(KORU702, file.span, message);
        return Ok(Err(Box::new(
            refused.help("require its bitcode: `clang -O2 -flto -c`, in a file that ends in .bc"),
        )));
    }
    let output = run(&arguments(session, cx.target, is_hosted, file), file)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        eprint!("{said}");
        return Ok(Ok(output.stdout));
    }
    let message = format!("`{}` does not compile", file.name);
    let problem =
        Diagnostic::new(KORU304, file.span, message).note(format!("clang says:\n{}", said.trim_end()));
    let lacks_header = !is_hosted && said.contains("file not found");
    let help = lacks_header.then_some(cx.target.c.name);
    Ok(Err(Box::new(problem.help_if(help, |name| {
        format!(
            "headers of C's library are there where the program asks for it: `\"libraries\": [\"{name}\"]`"
        )
    }))))
}

fn run(arguments: &[String], file: &Required) -> Result<Output, Failed> {
    for name in C_COMPILERS {
        let mut command = Command::new(name);
        if !file.folder.as_str().is_empty() {
            command.current_dir(&file.folder);
        }
        match command.args(arguments).output() {
            Ok(output) => return Ok(output),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(surroundings(format!("{name}: {error}"))),
        }
    }
    Err(surroundings(format!(
        "no clang on this machine, and the program requires `{}`\nhelp: koruc has C compiled by LLVM's clang; \
         install it with\n\n    {INSTALL} {C_COMPILER_PACKAGE}",
        file.name
    )))
}

fn arguments(session: &Session, target: &Target, is_hosted: bool, file: &Required) -> Vec<String> {
    let level = match session.options.level {
        Level::Debug => "-O0",
        Level::Safe => "-O2",
        Level::Small => "-Oz",
        Level::Fast => "-O3",
    };
    let mut words = vec![format!("--target={}", target.llvm_triple), level.to_owned()];
    let fixed = "-c -flto -fPIE -fdirect-access-external-data -fvisibility=hidden -fno-exceptions \
                 -fno-asynchronous-unwind-tables -fno-stack-protector -nostdlibinc -fno-color-diagnostics \
                 -fdebug-compilation-dir=.";
    words.extend(fixed.split_whitespace().map(str::to_owned));
    if is_hosted {
        words.extend(["-isystem".to_owned(), target.c.headers.to_owned()]);
    } else {
        words.extend(["-D__STDC_HOSTED__=0", "-Wno-builtin-macro-redefined"].map(str::to_owned));
    }
    if !target.abi.is_empty() {
        words.push(format!("-mabi={}", target.abi));
    }
    words.extend(session.options.cpu.as_ref().map(|name| format!("{}={name}", target.cpu_option)));
    words.extend(session.options.lines.then(|| "-g".to_owned()));
    words.extend(file.options.iter().cloned());
    words.extend(["-o", "-", file.name.as_str()].map(str::to_owned));
    words
}
