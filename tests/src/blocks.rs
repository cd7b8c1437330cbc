//! Tests written in Koru, of events of the libraries: `koruc FILE test` for every file of `tests/koru`.

use crate::koruc::{Place, explain, root};
use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    let files = root().join("tests/koru").read_dir_utf8().into_iter().flatten().flatten();
    let mut names: Vec<_> = files.map(|entry| entry.file_name().to_owned()).collect();
    names.sort();
    names.into_iter().map(|name| Trial::test(format!("koru::{name}"), move || run(&name))).collect()
}

fn run(name: &str) -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("tests/koru"));
    let ran = place.koruc(&[name, "test"]);
    if ran.status.success() { Ok(()) } else { Err(explain(&ran).into()) }
}
