//! The same bytes again: whoever builds, where, when, on how many processors; and `verify`, which says so.

use crate::koruc::{Place, executable, explain, root, text};
use camino::Utf8Path;
use libtest_mimic::{Failed, Trial};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("reproduced::anywhere", anywhere), Trial::test("reproduced::verify", verify)]
}

const PROGRAM: &str = "countdown.kz";

/// Folders and the program in each that is built everywhere: one that only computes, a server whose code transforms
/// make, one with C in it.
const PROGRAMS: [(&str, &str); 3] =
    [("examples", PROGRAM), ("examples", "router.kz"), ("tests/cases/c/a-file-of-c", "main.kz")];

/// What differs between two builders, as far as this machine has it: a word in front of koruc, by what it needs.
const BUILDERS: [(&str, &str); 3] = [
    ("taskset", "taskset -c 0"),
    ("setpriv", "setpriv --reuid 65534 --regid 65534 --clear-groups"),
    ("unshare", "unshare --uts --pid --fork"),
];

/// Another folder, home, zone, language, mask of rights, user, set of processors and table of processes.
fn anywhere() -> Result<(), Failed> {
    for (folder, program) in PROGRAMS {
        builders(&root().join(folder), program).map_err(|failed| format!("{program}: {failed:?}"))?;
    }
    Ok(())
}

fn builders(source: &Utf8Path, program: &str) -> Result<(), Failed> {
    let built = |name: &str, words: &str| built(source, program, name, words);
    let first = built("sh", "umask 022; exec")?;
    let environment = "umask 077; export TZ=Pacific/Kiritimati HOME=/nonexistent LANG=tr_TR.UTF-8 USER=x SOURCE_DATE_EPOCH=7;";
    if built("sh", &format!("{environment} exec"))? != first {
        return Err("another environment gave another file".into());
    }
    for (tool, words) in BUILDERS {
        let can = Command::new("sh").args(["-c", &format!("{words} test -x {}", executable())]).output()?;
        if !can.status.success() {
            eprintln!("*** SKIPPED: `{tool}` cannot be used here ***");
        } else if built(tool, &format!("{environment} exec {words}"))? != first {
            return Err(format!("`{words}` gave another file").into());
        }
    }
    Ok(())
}

/// The program as a shell with these words in front of koruc builds it, in a folder of its own.
fn built(source: &Utf8Path, program: &str, name: &str, words: &str) -> Result<Vec<u8>, Failed> {
    let place = Place::new();
    let folder = place.path().join(name).join("with some more folders");
    fs::create_dir_all(&folder)?;
    crate::koruc::copy(source, &folder);
    // Whoever builds may enter and write.
    for folder in [place.path(), &place.path().join(name), &folder] {
        fs::set_permissions(folder, Permissions::from_mode(0o777))?;
    }
    let script = format!("{words} {} {program}", executable());
    let made =
        Command::new("sh").args(["-c", &script]).current_dir(&folder).env_remove("KORU_HOME").output()?;
    if !made.status.success() {
        return Err(format!("`{script}`: {}", explain(&made)).into());
    }
    Ok(fs::read(folder.join("a.out"))?)
}

/// It says yes, says where a byte differs, and ends with 1 then.
fn verify() -> Result<(), Failed> {
    let place = Place::copy_of(&root().join("examples"));
    let compiled = place.koruc(&[PROGRAM]);
    if !compiled.status.success() {
        return Err(explain(&compiled).into());
    }
    let same = place.koruc(&["verify", PROGRAM, "a.out"]);
    if !same.status.success() || !text(&same.stdout).contains("all the same") {
        return Err(explain(&same).into());
    }
    let file = place.path().join("a.out");
    let mut bytes = fs::read(&file)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes)?;
    let other = place.koruc(&[PROGRAM, "verify"]);
    let said = text(&other.stdout);
    let place = format!("the first difference is at byte {last} (");
    if other.status.code() == Some(1) && said.contains(&place) && said.contains("1 of its items differ") {
        return Ok(());
    }
    Err(explain(&other).into())
}
