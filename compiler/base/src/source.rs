//! The files of a compilation, in memory: a path, a text, and where its lines start.

use crate::id;
use crate::idx::IdVec;
use crate::span::Span;
use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

id!(
    /// A file of the compilation.
    FileId, "file"
);

/// Line and column, both counted from 1; the column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As it is shown in messages: relative to the working folder where that is shorter.
    pub path: Utf8PathBuf,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
    /// Of text that code made while compiling: who made it, and where that was asked for.
    pub made: Option<Made>,
}

/// Where a text that nobody wrote comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// What the user wrote that led to it.
    pub origin: Span,
    /// What made it, as messages say: "transform `web:router`".
    pub by: String,
    /// The text as it was given, with its holes; as many lines as the file.
    pub shown: String,
    /// Texts made for one purpose have one hand: they see each other's names, and nobody else does.
    pub hand: u32,
    /// Which bytes of the text come from where, in order: from this byte on it was this that led to it.
    pub places: Vec<(u32, Span)>,
}

impl Made {
    /// What the user wrote that led to the byte `at` of the text.
    pub fn origin_at(&self, at: u32) -> Span {
        self.places.iter().rev().find(|(from, _)| *from <= at).map_or(self.origin, |(_, place)| *place)
    }
}

/// All files read so far.
#[derive(Clone, Default, Debug)]
pub struct Sources {
    files: IdVec<FileId, SourceFile>,
}

impl Sources {
    /// Takes a file in. The same path may be added twice: identity is the caller's business.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        self.insert(path.into(), text.into(), None)
    }

    /// Takes a text in that was made while compiling.
    pub fn add_made(
        &mut self,
        path: impl Into<Utf8PathBuf>,
        text: impl Into<Arc<str>>,
        made: Made,
    ) -> FileId {
        self.insert(path.into(), text.into(), Some(made))
    }

    fn insert(&mut self, path: Utf8PathBuf, text: Arc<str>, made: Option<Made>) -> FileId {
        let after_line_feeds = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(after_line_feeds.map(|(at, _)| at as u32 + 1)).collect();
        self.files.push(SourceFile { path, text, line_starts, made })
    }

    /// The file, or nothing for [`Span::NONE`].
    pub fn get(&self, file: FileId) -> Option<&SourceFile> {
        self.files.get(file)
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &Arc<str> {
        &self.files[file].text
    }

    /// How a text came to be that nobody wrote.
    pub fn made(&self, file: FileId) -> Option<&Made> {
        self.get(file)?.made.as_ref()
    }

    /// Whose names a text sees; nothing for files that somebody wrote.
    pub fn hand(&self, file: FileId) -> Option<u32> {
        self.made(file).map(|made| made.hand)
    }

    /// What the user wrote: the span itself, or what led to the made text it lies in.
    pub fn written(&self, span: Span) -> Span {
        let mut span = span;
        while let Some(made) = self.made(span.file) {
            span = made.origin_at(span.start);
        }
        span
    }

    /// Where the user wrote it, as programs say it: `main.kz:4:21`; nothing for what is in no file.
    pub fn place(&self, span: Span) -> String {
        let span = self.written(span);
        match self.get(span.file) {
            Some(source) if span.is_written() => {
                let Position { line, column } = self.position(span.file, span.start);
                format!("{}:{line}:{column}", source.path)
            }
            _ => String::new(),
        }
    }

    /// The file of this path that somebody wrote.
    pub fn find(&self, path: &Utf8Path) -> Option<FileId> {
        self.files.enumerate().find(|(_, file)| file.made.is_none() && file.path == path).map(|(id, _)| id)
    }

    /// The path of a file, as messages show it.
    pub fn path(&self, file: FileId) -> &Utf8Path {
        &self.files[file].path
    }

    /// The text a span covers; empty for [`Span::NONE`].
    pub fn slice(&self, span: Span) -> &str {
        let text = self.get(span.file).map_or("", |file| &file.text);
        text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of a byte.
    pub fn position(&self, file: FileId, byte: u32) -> Position {
        let SourceFile { text, line_starts, .. } = &self.files[file];
        let line = line_starts.partition_point(|&start| start <= byte) - 1;
        let before = text.get(line_starts[line] as usize..byte as usize).unwrap_or("");
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }
}
