//! An archive: objects of which only those are linked that define what somebody needs.

use super::part::Part;
use crate::session::Session;
use koru_base::{Span, Target};
use koru_llvm::Bitcode;
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use std::collections::BTreeMap;
use std::ops::Range;

pub struct Archive {
    name: String,
    span: Span,
    bytes: Vec<u8>,
    /// Of each member, its name and where its bytes are.
    members: Vec<(String, Range<usize>)>,
    /// The first member that defines a symbol.
    index: BTreeMap<String, usize>,
}

/// A member that somebody needs.
pub struct Found<'a> {
    archive: &'a Archive,
    member: usize,
}

const BITCODE: &[u8] = b"BC\xc0\xde";

impl Archive {
    pub fn read(name: &str, span: Span, bytes: Vec<u8>) -> Result<Archive, String> {
        let wrong = |error: object::read::Error| format!("it is no archive ({error})");
        let file = ArchiveFile::parse(&*bytes).map_err(wrong)?;
        if file.is_thin() {
            return Err("it is a thin archive, which holds names of files and no code".to_owned());
        }
        let mut members = Vec::new();
        let mut places = BTreeMap::new();
        for member in file.members() {
            let member = member.map_err(wrong)?;
            let (start, size) = member.file_range();
            places.insert(start, members.len());
            let own = String::from_utf8_lossy(member.name()).into_owned();
            let range = start as usize..start.saturating_add(size) as usize;
            if bytes.get(range.clone()).is_none() {
                return Err(format!("it ends before its member `{own}` does"));
            }
            members.push((format!("{name}({own})"), range));
        }
        let mut index = BTreeMap::new();
        for symbol in file.symbols().map_err(wrong)?.into_iter().flatten() {
            let symbol = symbol.map_err(wrong)?;
            let (start, _) = file.member(symbol.offset()).map_err(wrong)?.file_range();
            let Some(&member) = places.get(&start) else { continue };
            index.entry(String::from_utf8_lossy(symbol.name()).into_owned()).or_insert(member);
        }
        if index.is_empty() && !members.is_empty() {
            return Err("it has no table of symbols: `ranlib` makes one".to_owned());
        }
        Ok(Archive { name: name.to_owned(), span, bytes, members, index })
    }

    pub fn defines(&self, symbol: &str) -> bool {
        self.index.contains_key(symbol)
    }

    pub fn find(&self, symbol: &str) -> Option<Found<'_>> {
        self.index.get(symbol).map(|&member| Found { archive: self, member })
    }

    /// What any of its objects wants of others.
    pub fn undefined(&self) -> Vec<String> {
        let members = self.members.iter().filter_map(|(_, range)| self.bytes.get(range.clone()));
        let files = members.filter_map(|bytes| object::File::parse(bytes).ok());
        let wanted = |file: object::File| {
            let symbols = file.symbols().filter(|symbol| symbol.is_undefined());
            symbols.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect::<Vec<_>>()
        };
        files.flat_map(wanted).collect()
    }
}

impl Found<'_> {
    fn parts(&self) -> (&str, &[u8]) {
        let (name, range) = &self.archive.members[self.member];
        (name, self.archive.bytes.get(range.clone()).unwrap_or_default())
    }

    /// The member; else its name, where the archive is required, and what is wrong.
    pub fn part(&self, session: &Session, target: &Target) -> Result<Part, (String, Span, String)> {
        let ((name, bytes), span) = (self.parts(), self.archive.span);
        let part = if bytes.starts_with(BITCODE) {
            Part::bitcode(Bitcode { name: name.to_owned(), bytes: bytes.to_vec() }, span, session, target)
        } else {
            Part::object(name, span, bytes.to_vec(), target)
        };
        part.map_err(|problem| (self.archive.name.clone(), span, problem))
    }

    /// The member's object, of an archive that holds nothing else.
    pub fn native(&self) -> Option<(String, Vec<u8>)> {
        let (name, bytes) = self.parts();
        (!bytes.starts_with(BITCODE)).then(|| (name.to_owned(), bytes.to_vec()))
    }
}
