//! koruc's front end without its command line: words and a folder in; the status and what is said out.
//!
//! The order of the stages is that of `koruc/pipeline`.

use super::driver::Hands;
use crate::koruc::root;
use camino::{Utf8Path, Utf8PathBuf};
use koru_base::codes::KORU702;
use koru_base::files::normal;
use koru_base::render::{Look, render, summary};
use koru_base::targets::BUILD;
use koru_base::{Files, Level, MemoryFiles, Name, Severity, Sink, Sources, Target};
use koru_hir::koru::{AutoDischarge, Library, Setup, Trees};
use koru_hir::{koru, lower};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::{fs, io};

/// The evaluator as a target of its own: its system is that of build time, but what runs is the program.
static EVALUATED: Target = Target { triple: "evaluated", ..BUILD };

/// What a call of koruc came to.
#[derive(Default)]
pub struct Said {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A call of koruc, read.
pub struct Engine {
    pub entry: String,
    level: Level,
    build_flags: BTreeSet<Name>,
    auto_discharge: AutoDischarge,
    /// Both worlds are read from the same files.
    trees: Trees,
    /// The word behind the file is `check`.
    pub checks_only: bool,
}

impl Engine {
    /// None for words that only the command line knows.
    pub fn new(words: &[String]) -> Option<Engine> {
        let mut engine = Engine {
            entry: String::new(),
            level: Level::Small,
            build_flags: [Name::new(Target::host().system)].into(),
            auto_discharge: AutoDischarge::Insert,
            trees: Trees::default(),
            checks_only: false,
        };
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word.split_once('=') {
                Some(("--build", flag)) => _ = engine.build_flags.insert(Name::new(flag)),
                Some(("--auto-discharge", "warn")) => engine.auto_discharge = AutoDischarge::Warn,
                Some(("--auto-discharge", "disable")) => engine.auto_discharge = AutoDischarge::Disable,
                // The evaluator always checks, so what a level without checks lets pass is not judged here.
                None if word == "-O" => {
                    let (name, mut levels) = (words.next()?, Level::ALL.into_iter());
                    engine.level = levels.find(|level| level.name() == name && level.is_checked())?;
                }
                None if word == "check" && !engine.entry.is_empty() => engine.checks_only = true,
                None if word.ends_with(".kz") && engine.entry.is_empty() => engine.entry = word.into(),
                _ => return None,
            }
        }
        (!engine.entry.is_empty()).then_some(engine)
    }

    /// Checks the program, and lowers it as far as it is right; None where it chooses a target of its own, a library
    /// builds it, or it asks for the world.
    pub fn compile(&self, folder: &Utf8Path) -> Option<Said> {
        let files = Beside::of(folder);
        let mut cx = koru::load(self.setup(&files, Target::host()));
        if cx.koru.tables.config.contains_key("target") || cx.koru.tables.builder.is_some() {
            return None;
        }
        let mut hands = Hands::default();
        let mut again = || koru::load(self.setup(&files, &BUILD));
        koru_meta::expand(&mut cx, &mut again, &mut hands);
        koru::check(&mut cx);
        let runs = !self.checks_only && !cx.sink.has_errors();
        koru_meta::run_flows(&mut cx, &mut again, &mut hands, runs);
        let mut roots = vec![koru::program(&mut cx)];
        roots.extend(koru::start_exports(&mut cx, false));
        roots.extend(koru::retained(&mut cx));
        if self.checks_only || cx.sink.has_errors() {
            roots.extend(koru::every_event(&mut cx));
        }
        lower::lower_program(&mut cx, &roots);
        if cx.sink.has_errors() {
            koru::check_rest(&mut cx);
        }
        let mut said = Said { stderr: hands.stderr(), ..Said::default() };
        show(&mut cx.sink, &cx.sources, &mut said);
        if said.status == 0 && !self.checks_only {
            said.stderr += "✓ Compiled to a.out\n";
        }
        (!hands.has_refused).then_some(said)
    }

    /// Has the evaluator run the program; None where it needs what a real system alone has.
    pub fn evaluate(&self, folder: &Utf8Path) -> Option<Said> {
        let files = Beside::of(folder);
        let mut product = koru::load(self.setup(&files, Target::host()));
        let mut cx = koru::load(self.setup(&files, &EVALUATED));
        let mut hands = Hands::default();
        let mut again = || koru::load(self.setup(&files, &BUILD));
        koru_meta::expand(&mut cx, &mut again, &mut hands);
        koru::check(&mut cx);
        if !cx.sink.has_errors() {
            koru_meta::run_flows(&mut cx, &mut again, &mut Hands::default(), true);
        }
        if !cx.sink.has_errors()
            && let Err(problem) = koru_meta::run_program(&mut cx, &mut product, &mut hands)
        {
            cx.sink.report(*problem);
        }
        let is_refused = cx.sink.iter().any(|one| one.code == KORU702);
        let mut said = Said { status: hands.status(), stdout: hands.stdout(), stderr: hands.stderr() };
        if cx.sink.has_errors() {
            show(&mut cx.sink, &cx.sources, &mut said);
        }
        (!is_refused && !hands.has_refused).then_some(said)
    }

    fn setup<'f>(&self, files: &'f dyn Files, target: &'static Target) -> Setup<'f> {
        Setup {
            files,
            entry: self.entry.clone().into(),
            libraries: LIBRARIES.list.clone(),
            target,
            level: self.level,
            build_flags: self.build_flags.clone(),
            flags: BTreeSet::new(),
            auto_discharge: self.auto_discharge,
            trees: self.trees.clone(),
        }
    }
}

/// As koruc shows what was found.
fn show(sink: &mut Sink, sources: &Sources, said: &mut Said) {
    let found = sink.take_sorted(sources);
    found.iter().for_each(|one| said.stderr += &(render(one, sources, Look::Plain) + "\n"));
    if let Some(line) = summary(&found) {
        said.stderr += &(line + "\n");
    }
    if found.iter().any(|one| one.severity == Severity::Error) {
        said.status = 1;
    }
}

/// The libraries that come with koruc, where koruc has them.
struct Libraries {
    list: Vec<Library>,
    files: MemoryFiles,
}

const CARRIED: &str = "(koru)";

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(|| {
    let text = fs::read_to_string(root().join("libraries.json")).expect("libraries.json");
    let list = Library::listed(&text, Utf8Path::new(CARRIED)).expect("a list of libraries");
    let mut files = MemoryFiles::default();
    for library in &list {
        let folder = library.folder.strip_prefix(CARRIED).expect("below it");
        add(&mut files, &root().join(folder), &library.folder);
    }
    Libraries { list, files }
});

fn add(files: &mut MemoryFiles, from: &Utf8Path, to: &Utf8Path) {
    for entry in from.read_dir_utf8().into_iter().flatten().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            add(files, path, &to);
        } else if let Ok(text) = fs::read_to_string(path) {
            files.add(to, text);
        }
    }
}

/// A folder's files beside the libraries.
struct Beside(Utf8PathBuf);

impl Beside {
    fn of(folder: &Utf8Path) -> Beside {
        Beside(folder.to_owned())
    }

    /// Where a file is on the disk; None for those of libraries.
    fn real(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let path = normal(path);
        (!path.starts_with(CARRIED)).then(|| self.0.join(path))
    }
}

impl Files for Beside {
    fn read(&self, path: &Utf8Path) -> io::Result<String> {
        self.real(path).map_or_else(|| LIBRARIES.files.read(path), fs::read_to_string)
    }
    fn read_bytes(&self, path: &Utf8Path) -> io::Result<Vec<u8>> {
        self.real(path).map_or_else(|| LIBRARIES.files.read_bytes(path), fs::read)
    }
    fn is_file(&self, path: &Utf8Path) -> bool {
        self.real(path).map_or_else(|| LIBRARIES.files.is_file(path), |path| path.is_file())
    }
    fn is_folder(&self, path: &Utf8Path) -> bool {
        self.real(path).map_or_else(|| LIBRARIES.files.is_folder(path), |path| path.is_dir())
    }
    fn list(&self, folder: &Utf8Path) -> io::Result<Vec<String>> {
        let Some(folder) = self.real(folder) else { return LIBRARIES.files.list(folder) };
        let names: io::Result<Vec<_>> =
            folder.read_dir_utf8()?.map(|entry| Ok(entry?.file_name().to_owned())).collect();
        let mut names = names?;
        names.sort();
        Ok(names)
    }
    fn canonical(&self, path: &Utf8Path) -> Utf8PathBuf {
        normal(path)
    }
}
