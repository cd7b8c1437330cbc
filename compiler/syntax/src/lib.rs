//! Text to tree: lexer, layout, grammars.
//!
//! In: the text of one file. Out: [`ast::Module`], always, and diagnostics. Layout cuts a file into
//! constructs by columns and braces; each is parsed alone, so one mistake spoils one construct.
//! Read `ast` first, then `layout`, then the grammars. Nothing here resolves a name.

pub mod ast;
