//! The ledger of sizes: how many bytes each example has on each target.
//!
//! A change that makes one of them grow or shrink says so in benches/size/ledger.toml, in the same commit:
//! `KORU_BLESS=1` writes what is measured there.

use crate::koruc::root;
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

/// A program's bytes by target, by program.
type Ledger = BTreeMap<String, BTreeMap<String, u64>>;

const HEAD: &str = "# Bytes of the examples, and of the programs of this folder, at `-O small`, as `./dev test` compiles and compares them.\n";

/// Tests run side by side: only one writes.
static WRITER: Mutex<()> = Mutex::new(());

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("law::readme_says_the_ledgers_sizes", readme_says_them)]
}

/// The README's table is made by `./dev bench size`, which nobody has to run: what it says of our own programs must be
/// what the ledger says, so that who changes one changes the other.
fn readme_says_them() -> Result<(), Failed> {
    let (ledger, readme) = (read()?, fs::read_to_string(root().join("README.md"))?);
    let mut stale = Vec::new();
    let mut seen = 0;
    for row in readme.lines().filter_map(|line| line.strip_prefix("| **")) {
        let Some((what, rest)) = row.split_once("** ") else { continue };
        let Some(program) = program_of(what) else { continue };
        let said = rest.split('|').nth(1).unwrap_or_default().trim().replace(',', "");
        let known = ledger.get(program).and_then(|sizes| sizes.get(X86_64));
        if known.is_none_or(|known| said != known.to_string()) {
            stale.push(format!("{what} has {said} bytes in README.md, {known:?} in the ledger"));
        }
        seen += 1;
    }
    let examples = ledger.keys().filter(|name| root().join(format!("examples/{name}.kz")).exists()).count();
    match stale.is_empty() && seen > examples {
        true => Ok(()),
        false => {
            Err(format!("{seen} rows; {}; `./dev bench size` writes the table", stale.join("; ")).into())
        }
    }
}

/// The target of the README's table.
const X86_64: &str = "x86_64-linux-musl";

/// Whose bytes a row of the README's table tells.
fn program_of(what: &str) -> Option<&str> {
    match what {
        "empty `main`, Koru" => Some("empty"),
        "hello, Koru" => Some("hello"),
        "the seed's server, Koru" => Some("simple_server"),
        "hello that may do nothing else" => Some("hello-confined"),
        "the seed's server that may do nothing else" => Some("simple_server-confined"),
        _ => what.strip_prefix("examples/")?.strip_suffix(".kz"),
    }
}

/// Compares a program's size with the ledger's.
pub fn expect(program: &str, target: &str, bytes: u64) -> Result<(), Failed> {
    let known = read()?.get(program).and_then(|sizes| sizes.get(target).copied());
    if known == Some(bytes) {
        return Ok(());
    }
    if std::env::var_os("KORU_BLESS").is_some() {
        return write(program, target, bytes);
    }
    let before = known.map_or("none".into(), |known| known.to_string());
    Err(format!(
        "{program} has {bytes} bytes on {target}, the ledger says {before}: KORU_BLESS=1 writes it there"
    )
    .into())
}

fn read() -> Result<Ledger, Failed> {
    let text = fs::read_to_string(root().join("benches/size/ledger.toml"))?;
    let mut ledger = Ledger::new();
    let mut program = String::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            program = name.into();
            continue;
        }
        let (target, bytes) = line.split_once(" = ").ok_or_else(|| format!("the ledger's line `{line}`"))?;
        ledger.entry(program.clone()).or_default().insert(target.into(), bytes.parse()?);
    }
    Ok(ledger)
}

fn write(program: &str, target: &str, bytes: u64) -> Result<(), Failed> {
    let _writing = WRITER.lock();
    let mut ledger = read()?;
    ledger.entry(program.into()).or_default().insert(target.into(), bytes);
    let mut text = HEAD.to_owned();
    for (program, sizes) in &ledger {
        text += &format!("\n[{program}]\n");
        sizes.iter().for_each(|(target, bytes)| text += &format!("{target} = {bytes}\n"));
    }
    fs::write(root().join("benches/size/ledger.toml"), text)?;
    Ok(())
}
