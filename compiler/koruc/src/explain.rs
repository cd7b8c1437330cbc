//! `koruc explain CODE` and `koruc targets`: what the tables say.

use crate::session::{Failed, command_line};
use koru_base::codes::{Code, TABLE};
use koru_base::diagnostic::closest;
use koru_base::targets::TARGETS;

/// Prints the page of a code.
pub fn explain(text: &str) -> Result<(), Failed> {
    let Some(code) = Code::find(text) else {
        let upper = text.to_uppercase();
        let near = closest(&upper, TABLE.iter().map(|row| row.code.as_str()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(command_line(format!("no diagnostic has the code `{text}`{near}")));
    };
    if let Some(row) = TABLE.iter().find(|row| row.code == code) {
        print!("{}", row.page);
    }
    Ok(())
}

/// Lists the targets.
pub fn targets() {
    for target in TARGETS {
        let here = if target == koru_base::Target::host() { "  (this machine)" } else { "" };
        println!("{}{here}", target.triple);
    }
}
