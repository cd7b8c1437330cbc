//! Assembly with the lines it comes from.
//!
//! In: what LLVM writes for debuggers, which is the same code with marks of its places. Out: the code, and where the place
//! changes a comment with the line. The marks go, and so do the sections only debuggers read.

use koru_base::Sources;
use std::collections::{BTreeMap, BTreeSet};

/// The listing of a program; `comment` begins one on its processor.
pub fn listing(assembly: &str, sources: &Sources, comment: &str) -> String {
    let mut listing = Listing { sources, comment, files: BTreeMap::new(), last: None, out: String::new() };
    let mut is_skipped = false;
    for line in assembly.lines() {
        let mut words = line.split_whitespace();
        let word = words.next().unwrap_or("");
        if word == ".section" || word == ".text" || word == ".data" || word == ".bss" {
            let name = words.next().unwrap_or("");
            is_skipped = name.starts_with(".debug_");
        }
        if is_skipped || is_mark(word, line) || listing.notes(word, line) {
            continue;
        }
        listing.out += line;
        listing.out.push('\n');
    }
    without_idle_labels(&listing.out)
}

/// LLVM marks the ends of places by labels, which it also makes for jumps and tables: those somebody names stay.
fn without_idle_labels(text: &str) -> String {
    let label =
        |line: &str| line.strip_suffix(':').filter(|label| label.starts_with(".Ltmp")).map(str::to_owned);
    let is_part = |letter: char| letter.is_alphanumeric() || "._".contains(letter);
    let named: BTreeSet<_> = text
        .lines()
        .filter(|line| label(line).is_none())
        .flat_map(|line| line.split(|letter| !is_part(letter)))
        .filter(|word| word.starts_with(".Ltmp"))
        .collect();
    let is_kept = |line: &&str| label(line).is_none_or(|label| named.contains(label.as_str()));
    text.lines().filter(is_kept).flat_map(|line| [line, "\n"]).collect()
}

/// Where functions end is asked for by their sizes; all else that `-g` adds is about debuggers.
fn is_mark(word: &str, line: &str) -> bool {
    word.starts_with(".cfi_") || line.starts_with(".Lfunc_begin")
}

struct Listing<'s> {
    sources: &'s Sources,
    comment: &'s str,
    files: BTreeMap<u32, String>,
    last: Option<(u32, u32)>,
    out: String,
}

impl Listing<'_> {
    /// Is this a mark of a place? Then the place is noted.
    fn notes(&mut self, word: &str, line: &str) -> bool {
        let mut words = line.split_whitespace().skip(1).map(str::parse::<u32>);
        match (word, words.next(), words.next()) {
            (".file", Some(Ok(number)), _) => {
                let name = line.split('"').rev().nth(1).unwrap_or("");
                self.files.insert(number, name.to_owned());
                true
            }
            (".loc", Some(Ok(file)), Some(Ok(line))) => {
                if line != 0 && self.last.replace((file, line)) != Some((file, line)) {
                    self.show(file, line);
                }
                true
            }
            _ => false,
        }
    }

    fn show(&mut self, file: u32, line: u32) {
        let Some(path) = self.files.get(&file) else { return };
        let text = self.sources.find(path.as_str().into()).and_then(|file| self.sources.get(file));
        let text = text.and_then(|file| file.text.lines().nth(line as usize - 1)).unwrap_or("");
        let shown = format!("{} {path}:{line}: {}", self.comment, text.trim());
        self.out += shown.trim_end();
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::listing;
    use koru_base::Sources;

    #[test]
    fn lines_stand_before_their_code_and_marks_go() {
        let mut sources = Sources::default();
        sources.add("main.kz", "fn half(n: u32) u32 {\n    return n / 2;\n}\n");
        let assembly = "\t.file\t\"koru\"\nhalf:\n.Lfunc_begin0:\n\t.file\t1 \".\" \"main.kz\"\n\t.loc\t1 2 5 prologue_end\n\
             \t.cfi_startproc\n\tmovl\t%edi, %eax\n\t.loc\t1 2 14\n\tshrl\t%eax\n.Ltmp0:\n\t.loc\t1 0 14\n\tretq\n.Lfunc_end0:\n\
             \t.section\t.debug_abbrev,\"\",@progbits\n\t.byte\t1\n\t.section\t\".note.GNU-stack\",\"\",@progbits\n";
        let shown = "\t.file\t\"koru\"\nhalf:\n# main.kz:2: return n / 2;\n\tmovl\t%edi, %eax\n\tshrl\t%eax\n\tretq\n\
             .Lfunc_end0:\n\t.section\t\".note.GNU-stack\",\"\",@progbits\n";
        assert_eq!(listing(assembly, &sources, "#"), shown);
    }
}
