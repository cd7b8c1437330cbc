//! The ledger of sizes: how many bytes each example has on each target.
//!
//! A change that makes one of them grow or shrink says so in benches/size/ledger.toml, in the same commit:
//! `KORU_BLESS=1` writes what is measured there.

use crate::koruc::root;
use libtest_mimic::Failed;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

/// A program's bytes by target, by program.
type Ledger = BTreeMap<String, BTreeMap<String, u64>>;

const HEAD: &str = "# Bytes of the examples, and of the programs of this folder, at `-O small`, as `./dev test` compiles and compares them.\n";

/// Tests run side by side: only one writes.
static WRITER: Mutex<()> = Mutex::new(());

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
