//! Text to graph: what [`super::print`] wrote, or a person.
//!
//! In: text in the grammar of [`super`]. Out: the graph, or the first error with its line and column.
//! Items are read twice: their heads first, so that bodies may name what comes later.

mod body;
mod op;

use super::lex::{self, Token, lex};
use super::words::Word;
use crate::graph::*;
use koru_base::{Name, Span};
use rustc_hash::FxHashMap;

/// The graph a text describes.
pub fn read(text: &str) -> Result<Graph, String> {
    let tokens = lex(text)?;
    let mut reader = Reader { text, tokens: &tokens, next: 0, symbols: FxHashMap::default() };
    let mut graph = Graph::default();
    let mut rooms = Vec::new();
    while *reader.peek() != Token::End {
        let (symbol, room) = reader.head(&mut graph)?;
        rooms.extend(room.map(|room| (symbol, room)));
    }
    for (symbol, room) in rooms {
        reader.next = room;
        match symbol {
            Symbol::Function(id) => {
                let body = reader.body(&graph, id)?;
                graph.functions[id].body = Some(body);
            }
            Symbol::Global(id) => graph.globals[id].relocations = reader.relocations()?,
        }
    }
    Ok(graph)
}

/// A place in the tokens, and the names of the graph.
struct Reader<'a> {
    text: &'a str,
    tokens: &'a [(Token, usize)],
    next: usize,
    symbols: FxHashMap<Name, Symbol>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    /// The head of an item; where its inner part starts, if it has one.
    fn head(&mut self, graph: &mut Graph) -> Read<(Symbol, Option<usize>)> {
        let linkage = self.word_of().unwrap_or(Linkage::Internal);
        let is_const = self.eat_word("const");
        let is_threadlocal = self.eat_word("threadlocal");
        if self.eat_word("global") {
            return self.global(graph, linkage, is_const, is_threadlocal);
        }
        let inline = self.word_of().unwrap_or(Inline::Auto);
        let is_cold = self.eat_word("cold");
        let convention = self.word_of().unwrap_or(Convention::Koru);
        self.word("fn")?;
        let at = self.here();
        let name = self.symbol_name()?;
        let signature = self.signature(convention)?;
        let function = Function { name, signature, linkage, inline, is_cold, body: None, span: Span::NONE };
        let symbol = Symbol::Function(graph.functions.push(function));
        self.declare(name, symbol, at)?;
        Ok((symbol, self.skip_group("{", "}")?))
    }

    fn global(
        &mut self,
        graph: &mut Graph,
        linkage: Linkage,
        is_const: bool,
        is_threadlocal: bool,
    ) -> Read<(Symbol, Option<usize>)> {
        let at = self.here();
        let name = self.symbol_name()?;
        let size = self.number()?;
        let align = self.align()?;
        let bytes = if self.eat("=") { self.text()? } else { Vec::new() };
        let relocations = Vec::new();
        let global = Global { name, bytes, size, align, relocations, is_const, is_threadlocal, linkage };
        let symbol = Symbol::Global(graph.globals.push(global));
        self.declare(name, symbol, at)?;
        Ok((symbol, self.skip_group("[", "]")?))
    }

    fn declare(&mut self, name: Name, symbol: Symbol, at: usize) -> Read<()> {
        match self.symbols.insert(name, symbol) {
            None => Ok(()),
            Some(_) => Err(lex::error(self.text, at, &format!("there are two `@{name}`"))),
        }
    }

    /// Passes over a bracketed part, which may be missing; where its inside starts.
    fn skip_group(&mut self, open: &'static str, close: &'static str) -> Read<Option<usize>> {
        if !self.eat(open) {
            return Ok(None);
        }
        let room = self.next;
        while !self.eat(close) {
            if *self.peek() == Token::End {
                return self.expected(&format!("`{close}`"));
            }
            self.next += 1;
        }
        Ok(Some(room))
    }

    fn relocations(&mut self) -> Read<Vec<Relocation>> {
        self.list("]", |reader| {
            let offset = reader.number()?;
            reader.mark(":")?;
            let target = reader.symbol()?;
            let sign = if reader.eat("+") { 1 } else { -i128::from(reader.eat("-")) };
            let addend = if sign == 0 { 0 } else { sign * reader.number::<u64>()? as i128 };
            let addend = addend.try_into().map_err(|_| reader.error("this offset is too large"))?;
            Ok(Relocation { offset, target, addend })
        })
    }

    /// Parameters and exits.
    fn signature(&mut self, convention: Convention) -> Read<Signature> {
        self.mark("(")?;
        let params = self.list(")", Self::ty)?;
        self.mark("[")?;
        let exits = self.list("]", |reader| {
            let name = reader.name()?;
            let results = if reader.eat("(") { reader.list(")", Self::ty)? } else { Vec::new() };
            Ok(Exit { name, results })
        })?;
        let foreign = if self.eat_word("as") { self.foreign()? } else { Foreign::default() };
        Ok(Signature { params, exits, convention, foreign })
    }

    /// `(0 signed, 1 copied 24 8) signed variadic`
    fn foreign(&mut self) -> Read<Foreign> {
        self.mark("(")?;
        let params = self.list(")", |reader| {
            let index = reader.number()?;
            let form = if reader.eat_word("copied") {
                Form::Copied { bytes: reader.number()?, align: reader.number()? }
            } else if reader.eat_word("result") {
                Form::Result { bytes: reader.number()?, align: reader.number()? }
            } else {
                reader.word("signed")?;
                Form::Signed
            };
            Ok((index, form))
        })?;
        let result_is_signed = self.eat_word("signed");
        Ok(Foreign { params, result_is_signed, is_variadic: self.eat_word("variadic") })
    }

    /// `i32`, `f64`, `ptr`, `<4 x i32>`.
    fn ty(&mut self) -> Read<Type> {
        if !self.eat("<") {
            return self.scalar();
        }
        let lanes = self.number()?;
        self.word("x")?;
        let scalar = match self.scalar()? {
            Type::Int(bits) => Scalar::Int(bits),
            Type::Float(bits) => Scalar::Float(bits),
            _ => Scalar::Pointer,
        };
        self.mark(">")?;
        Ok(Type::Vector(scalar, lanes))
    }

    fn scalar(&mut self) -> Read<Type> {
        let ty = match self.peek() {
            Token::Word(word) if word == "ptr" => Some(Type::Pointer),
            Token::Word(word) => {
                let bits = |prefix| word.strip_prefix(prefix).and_then(|bits: &str| bits.parse().ok());
                bits("i").map(Type::Int).or_else(|| bits("f").map(Type::Float))
            }
            _ => None,
        };
        self.accept(ty, "a type")
    }

    fn align(&mut self) -> Read<u32> {
        self.word("align")?;
        self.number()
    }

    /// A function or a global of the graph.
    fn symbol(&mut self) -> Read<Symbol> {
        let symbol = match self.peek() {
            Token::Symbol(name) => self.symbols.get(&Name::new(name)).copied(),
            _ => return self.expected("`@name`"),
        };
        self.accept(symbol, "the name of a function or global")
    }

    fn symbol_name(&mut self) -> Read<Name> {
        let name = match self.peek() {
            Token::Symbol(name) => Some(Name::new(name)),
            _ => None,
        };
        self.accept(name, "`@name`")
    }

    /// A word or a quoted text.
    fn name(&mut self) -> Read<Name> {
        let name = match self.peek() {
            Token::Word(word) => Some(Name::new(word)),
            Token::Text(bytes) => std::str::from_utf8(bytes).ok().map(Name::new),
            _ => None,
        };
        self.accept(name, "a name")
    }

    fn text(&mut self) -> Read<Vec<u8>> {
        let text = match self.peek() {
            Token::Text(bytes) => Some(bytes.clone()),
            _ => None,
        };
        self.accept(text, "a text in quotes")
    }

    fn utf8(&mut self) -> Read<String> {
        String::from_utf8(self.text()?).map_err(|_| self.error("this text is not UTF-8"))
    }

    fn number<N: TryFrom<u128>>(&mut self) -> Read<N> {
        let number = match self.peek() {
            Token::Number(number) => N::try_from(*number).ok(),
            _ => None,
        };
        self.accept(number, "a number that fits")
    }

    /// Items up to `close`, with commas between them and perhaps behind.
    fn list<T>(&mut self, close: &'static str, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(item(self)?);
            if !self.eat(",") {
                self.mark(close)?;
                break;
            }
        }
        Ok(items)
    }

    /// A word of a table, if one is next.
    fn word_of<W: Word>(&mut self) -> Option<W> {
        let Token::Word(word) = self.peek() else { return None };
        let found = W::of(word)?;
        self.next += 1;
        Some(found)
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Word(word) if word == wanted);
        self.next += usize::from(is_next);
        is_next
    }

    fn word(&mut self, wanted: &str) -> Read<()> {
        if self.eat_word(wanted) { Ok(()) } else { self.expected(&format!("`{wanted}`")) }
    }

    fn eat(&mut self, wanted: &'static str) -> bool {
        let is_next = *self.peek() == Token::Mark(wanted);
        self.next += usize::from(is_next);
        is_next
    }

    fn mark(&mut self, wanted: &'static str) -> Read<()> {
        if self.eat(wanted) { Ok(()) } else { self.expected(&format!("`{wanted}`")) }
    }

    /// Takes the next token for `value`, unless it was none.
    fn accept<T>(&mut self, value: Option<T>, wanted: &str) -> Read<T> {
        let Some(value) = value else { return self.expected(wanted) };
        self.next += 1;
        Ok(value)
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn here(&self) -> usize {
        self.tokens[self.next].1
    }

    fn expected<T>(&self, wanted: &str) -> Read<T> {
        Err(self.error(&format!("expected {wanted}, found {}", self.peek())))
    }

    fn error(&self, message: &str) -> String {
        lex::error(self.text, self.here(), message)
    }

    /// About the token just taken.
    fn error_before(&self, message: &str) -> String {
        lex::error(self.text, self.tokens[self.next - 1].1, message)
    }
}
