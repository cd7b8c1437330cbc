//! The command line: options, a file, a command and its arguments.
//!
//! In: words. Out: an [`Invocation`]. Options stand anywhere before the command word and are ours;
//! everything behind it is the command's. An option we do not know may be a flag some import asks for.

use camino::Utf8PathBuf;
use clap::{CommandFactory, Parser, ValueEnum};
use koru_base::Level;
use koru_hir::koru::AutoDischarge;

/// An optimizing compiler for Koru.
#[derive(Parser, Clone, Debug)]
#[command(name = "koruc", version, disable_help_subcommand = true, disable_version_flag = true, after_help = AFTER_HELP)]
#[command(override_usage = "koruc [OPTIONS] FILE.kz [COMMAND [ARGS]...]")]
pub struct Options {
    /// Name of the executable
    #[arg(short, long, value_name = "FILE", default_value = "a.out")]
    pub output: Utf8PathBuf,
    /// Turn on the items marked `build(NAME)`
    #[arg(long, value_name = "NAME")]
    pub build: Vec<String>,
    /// What the program shall run on (`koruc targets` lists them)
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
    /// The processor to compile for; `native` for this one
    #[arg(long, value_name = "NAME")]
    pub cpu: Option<String>,
    /// What the code is made for
    #[arg(short = 'O', value_name = "LEVEL", default_value = "small", value_parser = level)]
    pub level: Level,
    /// Keep what debuggers read: lines and names of functions
    #[arg(short = 'g')]
    pub lines: bool,
    /// Print a stage of the compilation instead of an executable
    #[arg(long, value_name = "STAGE")]
    pub emit: Option<Emit>,
    /// Which passes of ours run; for our tests
    #[arg(long, value_name = "WHICH", default_value = "all", hide = true)]
    pub passes: Passes,
    /// Ways to save bytes that are left out; for our tests
    #[arg(long, value_name = "WAY", value_delimiter = ',', hide = true)]
    pub without: Vec<Way>,
    /// How diagnostics are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub message_format: MessageFormat,
    /// Refuse what build-time code does to the world
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub deny: Vec<Deny>,
    /// What happens where a path ends with an obligation open: the call that discharges it is put in, also
    /// with a warning, or its absence is an error
    #[arg(long, value_name = "MODE", default_value = "insert")]
    pub auto_discharge: Discharge,
    /// Check only
    #[arg(short, long)]
    pub check: bool,
    /// Print how long each stage took
    #[arg(long)]
    pub time: bool,
    /// Say more
    #[arg(short = 'V', long)]
    pub verbose: bool,
    /// Print version
    #[arg(short = 'v', long, action = clap::ArgAction::Version)]
    pub version: Option<bool>,
    /// The file, a command, and what the command is given
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub words: Vec<String>,
}

const AFTER_HELP: &str = "\
Commands behind a file:
  build      compile (also without a command)
  run        compile and run; the arguments are the program's
  check      check only
  fmt        format the file
  trace      where addresses of a panic are: those given, or those in the text of standard input
  inspect    what the program is made of: bytes by item, its system calls; --json, --all, --svg PATH,
             --why ITEM, --diff OTHER, --seccomp
  verify     build again and compare with the program that is there
  help       list these and the commands of the libraries the file imports

Without a file:
  explain CODE   what a diagnostic means
  fmt FILE..     format files and folders; with --check only name those that are not formatted
  trace PROGRAM  the same of a program that is there
  targets        what programs can be compiled for";

fn level(text: &str) -> Result<Level, String> {
    let known = Level::ALL.into_iter().find(|level| level.name() == text);
    known.ok_or_else(|| format!("a level is one of {}", Level::ALL.map(Level::name).join(", ")))
}

/// Stages that can be printed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Emit {
    Ast,
    Flow,
    Stripped,
    Llvm,
    Bc,
    Asm,
    Obj,
    /// What the program prints when the evaluator runs it; for our tests
    #[value(hide = true)]
    Run,
}

/// Which passes work on the graph.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passes {
    All,
    None,
}

/// A way to save bytes at `-O small` that has a switch.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// LLVM's passes without those that only win time.
    LeanPasses,
    /// The last program header has its own 56 bytes no more.
    FoldedHeader,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum MessageFormat {
    Human,
    Json,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deny {
    Run,
    Write,
}

/// How obligations are discharged that the program leaves open.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discharge {
    Insert,
    Warn,
    Disable,
}

impl From<Discharge> for AutoDischarge {
    fn from(mode: Discharge) -> AutoDischarge {
        match mode {
            Discharge::Insert => AutoDischarge::Insert,
            Discharge::Warn => AutoDischarge::Warn,
            Discharge::Disable => AutoDischarge::Disable,
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Invocation {
    pub options: Options,
    /// Unknown options, without dashes: flags for imports.
    pub flags: Vec<String>,
    pub task: Task,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Task {
    /// A file, and perhaps a command with its arguments.
    File {
        file: Utf8PathBuf,
        command: Option<String>,
        args: Vec<String>,
    },
    Explain(String),
    /// Files and folders.
    Format(Vec<Utf8PathBuf>),
    /// An executable, and addresses in it.
    Trace {
        program: Utf8PathBuf,
        addresses: Vec<String>,
    },
    Targets,
}

/// Reads the command line. The error is for the user, with the exit code to leave with.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Invocation, clap::Error> {
    let (known, flags) = split_flags(words);
    let mut options = Options::try_parse_from(known)?;
    let task = task(&mut options)?;
    Ok(Invocation { options, flags, task })
}

/// Our own options, without dashes.
pub fn long_options() -> Vec<String> {
    Options::command().get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
}

/// Takes the options we do not know out of those in front of the command word.
fn split_flags(words: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let command = Options::command();
    let takes_value = |word: &str| {
        let found = command.get_arguments().find(|arg| {
            let long = arg.get_long().is_some_and(|long| word == format!("--{long}"));
            long || arg.get_short().is_some_and(|short| word == format!("-{short}"))
        });
        found.map(|arg| arg.get_action().takes_values())
    };
    let is_ours = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        takes_value(name).is_some() || ["--help", "--version"].contains(&name)
    };
    let (mut options, mut plain, mut flags) = (Vec::new(), Vec::new(), Vec::new());
    let mut words = words.into_iter();
    options.extend(words.next());
    while let Some(word) = words.next() {
        if word.starts_with('-') && word.len() > 1 && plain.len() < 2 {
            if word.starts_with("--") && !is_ours(&word) {
                flags.push(word[2..].to_owned());
                continue;
            }
            let wants = !word.contains('=') && takes_value(&word) == Some(true);
            options.push(word);
            if wants {
                options.extend(words.next());
            }
        } else {
            plain.push(word);
        }
    }
    options.append(&mut plain);
    (options, flags)
}

fn task(options: &mut Options) -> Result<Task, clap::Error> {
    if let Some(files) = files_to_format(&options.words) {
        options.check |= options.words.iter().any(|word| word == "--check");
        return Ok(Task::Format(files));
    }
    let words = &options.words;
    let is_file = |word: &&String| word.ends_with(".kz");
    let wrong =
        |text: String| Options::command().error(clap::error::ErrorKind::MissingRequiredArgument, text);
    match &words[..] {
        [] => Err(wrong("a file is missing: koruc FILE.kz".into())),
        [file, rest @ ..] if file.ends_with(".kz") => {
            let (command, args) = match rest {
                [command, args @ ..] => (Some(command.clone()), args.to_vec()),
                [] => (None, Vec::new()),
            };
            Ok(Task::File { file: file.into(), command, args })
        }
        [word, code] if word == "explain" => Ok(Task::Explain(code.clone())),
        [word] if word == "targets" => Ok(Task::Targets),
        [word, program, addresses @ ..] if word == "trace" && !program.ends_with(".kz") => {
            Ok(Task::Trace { program: program.into(), addresses: addresses.to_vec() })
        }
        [command, rest @ ..] if rest.first().filter(is_file).is_some() => Ok(Task::File {
            file: (&rest[0]).into(),
            command: Some(command.clone()),
            args: rest[1..].to_vec(),
        }),
        [word, ..] => Err(wrong(format!("`{word}` is neither a file that ends in .kz nor a command"))),
    }
}

/// Those of `fmt FILE..` and `FILE fmt`.
fn files_to_format(words: &[String]) -> Option<Vec<Utf8PathBuf>> {
    let files = match words {
        [word, files @ ..] if word == "fmt" => files,
        [file, word, ..] if word == "fmt" => std::slice::from_ref(file),
        _ => return None,
    };
    Some(files.iter().filter(|file| *file != "--check").map(Utf8PathBuf::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Invocation {
        parse(line.split(' ').map(str::to_owned)).expect("a good command line")
    }

    #[test]
    fn options_before_the_command_are_ours_and_those_behind_are_not() {
        let made = words("koruc --build=a app.kz -o x --ccp ship build --build=b");
        assert_eq!(made.options.build, ["a"]);
        assert_eq!(made.options.output, "x");
        assert_eq!(made.flags, ["ccp"]);
        let Task::File { command, args, .. } = made.task else { panic!("a file") };
        assert_eq!((command.as_deref(), args.join(" ").as_str()), (Some("ship"), "build --build=b"));
    }

    #[test]
    fn a_command_may_stand_in_front_of_the_file() {
        let made = words("koruc run app.kz one");
        assert_eq!(
            made.task,
            Task::File { file: "app.kz".into(), command: Some("run".into()), args: vec!["one".into()] }
        );
    }
}
