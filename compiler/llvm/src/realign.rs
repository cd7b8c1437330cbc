//! Does compiled code realign its stack?
//!
//! Only the code generator knows what it spilled, so its output is asked: for the instructions that realign a stack
//! pointer. Other bytes that look like them cost a program some bytes, never its meaning.

use crate::{Options, Output};
use object::{Object, ObjectSection, SectionKind};

/// Whether some function may; no for output that no code generator made.
pub fn realigns(output: &[u8], options: &Options) -> bool {
    match options.output {
        Output::Object => object::File::parse(output).is_ok_and(|file| {
            let code = file.sections().filter(|section| section.kind() == SectionKind::Text);
            code.filter_map(|section| section.data().ok().map(|bytes| holds(bytes, options)))
                .any(|found| found)
        }),
        Output::Assembly => String::from_utf8_lossy(output).lines().any(|line| {
            let line = line.trim();
            line.starts_with("and") && line.ends_with("%rsp")
        }),
        Output::Bitcode | Output::Ir => false,
    }
}

fn holds(code: &[u8], options: &Options) -> bool {
    options.target.realigning.iter().any(|start| code.windows(start.len()).any(|bytes| bytes == *start))
}
