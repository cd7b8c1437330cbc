//! What the benches in Rust share: the repository as files in memory, and programs to compile.
//!
//! Nothing here touches the disk while a clock runs: everything is read once, before.

use camino::{Utf8Path, Utf8PathBuf};
use koru_base::{Level, MemoryFiles, Name, Target};
use koru_hir::koru::{Library, Setup};
use std::fmt::Write;
use std::fs;
use std::io;

/// A program, and everything it may import.
pub struct Program {
    files: MemoryFiles,
    libraries: Vec<Library>,
    entry: Utf8PathBuf,
    /// Of the entry file alone.
    pub text: String,
}

impl Program {
    /// One of `examples/`.
    pub fn example(name: &str) -> Program {
        let text = fs::read_to_string(root().join("examples").join(name)).expect("an example");
        Program::new(name, text)
    }

    /// `count` pairs of an event with a proc and a subflow that calls two of them, and a call of each pair.
    pub fn generated(count: usize) -> Program {
        Program::new("generated.kz", generated(count))
    }

    /// A program whose text is given.
    pub fn new(name: &str, text: String) -> Program {
        let mut files = MemoryFiles::default();
        let libraries = libraries();
        for library in &libraries {
            add(&mut files, &library.folder).expect("the library's files");
        }
        let entry = root().join("examples").join(name);
        files.add(&entry, &text);
        Program { files, libraries, entry, text }
    }

    /// Gives the entry file another text.
    pub fn rewrite(&mut self, text: &str) {
        self.files.add(&self.entry, text);
        self.text = text.to_owned();
    }

    /// What compiling it for this machine starts from.
    pub fn setup(&self, level: Level) -> Setup<'_> {
        let target = Target::host();
        Setup {
            files: &self.files,
            entry: self.entry.clone(),
            libraries: self.libraries.clone(),
            target,
            level,
            build_flags: [Name::new(target.system)].into(),
            flags: Default::default(),
            auto_discharge: Default::default(),
            trees: Default::default(),
        }
    }
}

fn root() -> &'static Utf8Path {
    Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn libraries() -> Vec<Library> {
    let text = fs::read_to_string(root().join("libraries.json")).expect("libraries.json");
    Library::listed(&text, root()).expect("a list of libraries")
}

/// Every file below a folder.
fn add(files: &mut MemoryFiles, folder: &Utf8Path) -> io::Result<()> {
    for entry in folder.read_dir_utf8()? {
        let path = entry?.into_path();
        if path.is_dir() {
            add(files, &path)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.add(path, text);
        }
    }
    Ok(())
}

fn generated(count: usize) -> String {
    let mut text = "~import \"$std/io\"\n~import \"$std/args\"\n".to_owned();
    for n in 0..count {
        let (odd, before) = (2 * n + 3, n.saturating_sub(1));
        write!(
            text,
            "
~event step{n} {{ x: u32 }}
| even {{ half: u32 }}
| odd u32
~proc step{n} {{
    if (x % 2 == 1) return .{{ .odd = x *% {odd} }};
    return .{{ .even = .{{ .half = x / 2 +% {n} }} }};
}}

~event run{n} {{ x: u32 }}
| result u32
~run{n} = step{n}(x: x)
| even e |> step{before}(x: e.half)
    | even last |> result last.half
    | odd o |> result o
| odd o |> result o

~std.args:count()
| count c |> run{n}(x: @truncate(c))
    | result r |> std.io:print.ln(\"{n}: {{{{ r:d }}}}\")
"
        )
        .expect("text grows");
    }
    text
}
