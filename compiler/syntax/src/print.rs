//! The formatter: a tree and its text in, canonical text out.
//!
//! Only blanks and line ends change. What stands in front of each token is settled by a mark the tree
//! sets (`marks`) or by the two tokens; line breaks inside of brackets are the author's. Host text and
//! source blocks are moved as blocks (`raw`): they keep the lines and the shape they have.

mod marks;
mod raw;
#[cfg(test)]
mod tests;

use crate::ast::Module;
use crate::lexer::Lexer;
use crate::token::Tok;
use marks::{Mark, Marks, Raw};

/// How far a level is indented.
const STEP: usize = 4;

/// The canonical text of a file without mistakes.
pub fn print(module: &Module, text: &str) -> String {
    let marks = marks::of(module, text);
    let pieces = pieces(module, text, &marks);
    let mut printer =
        Printer { text, out: String::with_capacity(text.len()), at: 0, indent: 0, open: Vec::new() };
    for (index, piece) in pieces.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| pieces[before].tok);
        printer.gap(piece, before, marks.at(piece.start));
        printer.piece(piece);
    }
    printer.rest()
}

/// A token, or text that is no tokens of ours.
#[derive(Clone, Copy)]
struct Piece<'s> {
    start: usize,
    end: usize,
    tok: Tok<'s>,
    raw: Option<Raw>,
}

/// The pieces of all items; comments, and what no item has, stand between them.
fn pieces<'s>(module: &Module, text: &'s str, marks: &Marks) -> Vec<Piece<'s>> {
    let mut pieces = Vec::new();
    let mut raws = marks.raws.iter().peekable();
    for item in &module.items {
        let mut at = item.span.start as usize;
        while let Some(&&(start, end, raw)) = raws.peek().filter(|raw| raw.0 < item.span.end as usize) {
            lex(text, at, start, &mut pieces);
            pieces.push(Piece { start, end, tok: Tok::Ident(""), raw: Some(raw) });
            at = end;
            raws.next();
        }
        lex(text, at, item.span.end as usize, &mut pieces);
    }
    pieces
}

fn lex<'s>(text: &'s str, start: usize, end: usize, out: &mut Vec<Piece<'s>>) {
    let mut lexer = Lexer::koru(text, start, end);
    while let Some(token) = lexer.next_token() {
        out.push(Piece { start: token.start as usize, end: token.end as usize, tok: token.tok, raw: None });
    }
}

struct Printer<'s> {
    text: &'s str,
    out: String,
    /// The first byte that is not printed yet.
    at: usize,
    /// Of the line being printed.
    indent: usize,
    /// For each open bracket the indentation of its line, and its sign.
    open: Vec<(usize, Tok<'s>)>,
}

impl<'s> Printer<'s> {
    fn piece(&mut self, piece: &Piece<'s>) {
        let text = &self.text[piece.start..piece.end];
        self.at = piece.end;
        match piece.raw {
            Some(Raw::Word) => self.out.push_str(text),
            Some(Raw::Foreign) => {
                self.out.push_str(text);
                self.indent = raw::last_indent(&self.out);
            }
            Some(Raw::Declaration) => {
                let line = self.text[..piece.start].rfind('\n').map_or(0, |at| at + 1);
                raw::declaration(&mut self.out, raw::indent(&self.text[line..]), text);
            }
            Some(Raw::Body) => raw::body(&mut self.out, self.indent, text),
            Some(Raw::Source) => raw::source(&mut self.out, self.indent, text),
            None if text.starts_with("\\\\") => raw::lines_string(&mut self.out, self.indent, text),
            None => {
                self.out.push_str(text);
                match piece.tok.nesting() {
                    1 => self.open.push((self.indent, piece.tok)),
                    -1 => drop(self.open.pop()),
                    _ => {}
                }
            }
        }
    }

    /// What stands in front of a piece: comments, a line end, a blank or nothing.
    fn gap(&mut self, piece: &Piece<'s>, before: Option<Tok<'s>>, mark: Option<Mark>) {
        let closes = piece.raw.is_none() && piece.tok.nesting() < 0;
        let below = match (mark, self.open.last()) {
            (Some(Mark::Line(indent)), _) => indent,
            (_, Some(&(indent, _))) => indent + STEP,
            _ => self.indent + STEP,
        };
        let (line_ends, has_comment) = self.between(piece.start, below);
        let may_break = !self.open.is_empty() || !matches!(mark, Some(Mark::Space | Mark::Touch));
        if matches!(mark, Some(Mark::Line(_))) || has_comment || line_ends > 0 && may_break {
            let indent = self.open.last().filter(|_| closes).map_or(below, |&(indent, _)| indent);
            return self.new_line(line_ends, indent);
        }
        let was_apart = piece.start > self.at;
        self.out.push_str(match mark {
            Some(Mark::Touch) => "",
            Some(_) => " ",
            None if self.parts(before, piece, was_apart) => " ",
            None => "",
        });
    }

    /// Is there a blank between two tokens that no mark speaks of?
    fn parts(&self, before: Option<Tok<'s>>, piece: &Piece<'s>, was_apart: bool) -> bool {
        let Some(before) = before else { return false };
        let tok = if piece.raw.is_some() { Tok::Ident("") } else { piece.tok };
        let opener = self.open.last().map(|&(_, tok)| tok);
        match (before, tok) {
            (Tok::LParen | Tok::LBracket, _) | (_, Tok::RParen | Tok::RBracket | Tok::Comma) => false,
            (Tok::LBrace | Tok::DotBrace, Tok::RBrace) => false,
            (Tok::Comma | Tok::LBrace | Tok::BarArrow, _) | (_, Tok::BarArrow) => true,
            (_, Tok::RBrace) if opener == Some(Tok::LBrace) => true,
            _ => was_apart,
        }
    }

    /// Prints what stands before `end` and belongs to no item. Gives the line ends behind the last of it,
    /// and whether it was a comment.
    fn between(&mut self, end: usize, indent: usize) -> (usize, bool) {
        let (mut line_ends, mut has_comment) = (0, false);
        let mut rest = &self.text[self.at..end];
        loop {
            let text = rest.trim_start();
            line_ends += rest[..rest.len() - text.len()].matches('\n').count();
            let blanks = rest.len() - text.len();
            if text.is_empty() {
                return (line_ends, has_comment);
            }
            let length = if text.starts_with("//") { None } else { text.find("//") };
            let length = length.unwrap_or(text.len()).min(text.find('\n').unwrap_or(text.len()));
            let is_comment = text.starts_with("//");
            if line_ends > 0 || self.out.is_empty() {
                let is_bullet = self.open.is_empty() && text.starts_with('-');
                self.new_line(line_ends, if is_bullet { STEP } else { indent });
            } else if is_comment {
                // The author may have put such comments below each other.
                self.out.extend(std::iter::repeat_n(' ', blanks.max(1)));
            }
            self.out.push_str(text[..length].trim_end());
            (line_ends, has_comment) = (0, is_comment);
            rest = &text[length..];
        }
    }

    /// Ends the line, with an empty one behind it if there were some.
    fn new_line(&mut self, line_ends: usize, indent: usize) {
        if !self.out.is_empty() {
            self.out.push_str(if line_ends > 1 { "\n\n" } else { "\n" });
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.indent = indent;
    }

    /// What stands behind the last item, and the end.
    fn rest(mut self) -> String {
        self.between(self.text.len(), 0);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}
