//! What the book says of taps and no golden folder can hold: that one which never runs costs nothing, and what
//! `--ccp` writes, whose times are new each time.

use crate::koruc::{Place, explain, root, text};
use libtest_mimic::{Failed, Trial};
use std::fs;

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("taps::cost_nothing", cost_nothing), Trial::test("taps::lines_of_ccp", lines_of_ccp)]
}

/// A universal tap behind a constant guard.
const NEVER: &str = "
~import \"$std/taps\"
const is_traced = false;
~tap(* -> *)
| Profile p when is_traced |> std.io:println(text: p.source)
";

fn cost_nothing() -> Result<(), Failed> {
    let plain = fs::read_to_string(root().join("examples/countdown.kz"))?;
    let tapped = plain.clone() + NEVER;
    let always = tapped.replace("is_traced = false", "is_traced = true");
    for level in ["small", "fast"] {
        let without = compiled(&plain, &["-O", level])?;
        if compiled(&tapped, &["-O", level])?.1 != without.1 {
            return Err(format!("at {level}, a tap that never runs changes the executable").into());
        }
        if compiled(&always, &["-O", level])?.1 == without.1 {
            return Err(format!("at {level}, a tap that always runs changes nothing").into());
        }
    }
    Ok(())
}

fn lines_of_ccp() -> Result<(), Failed> {
    let source =
        "~import \"$std/io\"\n~event ask {}\n| yes\n~proc ask { return .yes; }\n~ask()\n| yes |> _\n";
    let (place, _) = compiled(source, &["--ccp"])?;
    let said = text(&place.run(None, &[]).stderr);
    let line = |event: &str, branch: &str| {
        format!("\"source\":\"{event}\",\"branch\":\"{branch}\",\"destination\":null")
    };
    let wanted = [line("koru:start", "done"), line("main:ask", "yes"), line("koru:end", "done")];
    let fits = |(line, wanted): (&str, &String)| {
        line.starts_with("{\"type\":\"transition\",\"timestamp\":")
            && line.contains(wanted.as_str())
            && line.ends_with('}')
    };
    if said.lines().count() == wanted.len() && said.lines().zip(&wanted).all(fits) {
        return Ok(());
    }
    Err(format!("expected lines with {wanted:#?}, found\n{said}").into())
}

/// A program's folder, and its executable.
fn compiled(source: &str, options: &[&str]) -> Result<(Place, Vec<u8>), Failed> {
    let place = Place::new();
    fs::write(place.path().join("main.kz"), source)?;
    let output = place.koruc(&[options, &["main.kz"]].concat());
    if !output.status.success() {
        return Err(explain(&output).into());
    }
    let bytes = fs::read(place.path().join("a.out"))?;
    Ok((place, bytes))
}
