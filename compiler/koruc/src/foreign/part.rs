//! One piece of code that others made: bitcode or an object, and the symbols it gives and wants.

use super::Wanted;
use crate::session::Session;
use koru_base::targets::TARGETS;
use koru_base::{Span, Target};
use koru_llvm::{Bitcode, Options, Output, Symbols};
use object::read::elf::FileHeader;
use object::{Object, ObjectSymbol};

pub struct Part {
    /// As messages call it.
    pub name: String,
    /// Where the program requires it.
    pub span: Span,
    pub code: Code,
    pub symbols: Symbols,
}

pub enum Code {
    /// Joined with the program.
    Bitcode(Bitcode),
    /// Linked with it.
    Native(Vec<u8>),
}

impl Part {
    pub fn bitcode(code: Bitcode, span: Span, session: &Session, target: &Target) -> Result<Part, String> {
        let options = Options {
            cpu: session.options.cpu.as_deref(),
            ..Options::new(target, session.options.level, Output::Object)
        };
        let symbols = koru_llvm::symbols(&code, &options).map_err(|failure| failure.to_string())?;
        Ok(Part { name: code.name.clone(), span, code: Code::Bitcode(code), symbols })
    }

    pub fn object(name: &str, span: Span, bytes: Vec<u8>, target: &Target) -> Result<Part, String> {
        let symbols = symbols(&bytes, target)?;
        Ok(Part { name: name.to_owned(), span, code: Code::Native(bytes), symbols })
    }

    /// Its object, if it is one.
    pub fn native(&self) -> Option<(String, Vec<u8>)> {
        match &self.code {
            Code::Native(bytes) => Some((self.name.clone(), bytes.clone())),
            Code::Bitcode(_) => None,
        }
    }

    /// Adds what it needs.
    pub fn ask(&self, wanted: &mut Wanted) {
        for symbol in &self.symbols.undefined {
            wanted.entry(symbol.clone()).or_insert_with(|| self.name.clone());
        }
    }
}

fn symbols(bytes: &[u8], target: &Target) -> Result<Symbols, String> {
    let file = object::File::parse(bytes).map_err(|error| format!("it is no object ({error})"))?;
    let machine = match &file {
        object::File::Elf64(file) => file.elf_header().e_machine(file.endian()).0,
        _ => 0,
    };
    if machine != target.machine {
        let other =
            TARGETS.iter().find(|row| row.machine == machine).map_or("another processor", |row| row.arch);
        return Err(format!("it was made for {other}, not for {}", target.triple));
    }
    let mut symbols = Symbols::default();
    for symbol in file.symbols() {
        let Some(name) = symbol.name().ok().filter(|name| !name.is_empty()) else { continue };
        match (symbol.is_undefined(), symbol.is_weak()) {
            // What may be missing is not asked for.
            (true, true) => {}
            (true, false) => symbols.undefined.push(name.to_owned()),
            (false, true) => symbols.weak.push(name.to_owned()),
            (false, false) if symbol.is_global() && (symbol.is_definition() || symbol.is_common()) => {
                symbols.defined.push(name.to_owned());
            }
            _ => {}
        }
    }
    Ok(symbols)
}
