//! Tokens of the host dialect and of Koru's expressions: one variant a line with its spelling.
//!
//! A token borrows its text; strings are unescaped only where the tree is built. What cannot be a
//! token is `Error`, so the lexer never stops.

use std::fmt;

/// A token with its first byte and the byte behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token<'s> {
    pub start: u32,
    pub tok: Tok<'s>,
    pub end: u32,
}

/// Why some text is no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// A string without its closing quote on the line.
    OpenString,
    /// `'` that begins no character.
    BadChar,
    /// A `\` that begins no escape, this many bytes into the token.
    BadEscape(u32),
    /// Letters in a number, as in `12ab`.
    BadNumber,
    /// A character the language does not use.
    Stray,
}

macro_rules! tokens {
    (
        keywords { $($keyword:ident $word:literal)* }
        signs { $($sign:ident $text:literal)* }
    ) => {
        /// What a token is.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Tok<'s> {
            /// A name, or a keyword behind `.`.
            Ident(&'s str),
            /// The name in `@"name"`.
            Quoted(&'s str),
            /// `name` of `@name`.
            Builtin(&'s str),
            Int(&'s str),
            Float(&'s str),
            /// With its quotes, escapes as written.
            Char(&'s str),
            /// With its quotes, escapes as written.
            Str(&'s str),
            /// Lines of `\\` strings, as written.
            Lines(&'s str),
            /// `name` of `name:` in front of a block, loop or switch.
            Label(&'s str),
            /// `module.path:Name` of a flow or a shape.
            Qualified(&'s str),
            /// `{` of a flow's record.
            RecordBrace,
            /// `[` of a flow's list.
            ListBracket,
            /// `:` behind `break` and `continue`.
            JumpColon,
            /// `inline` in front of a loop.
            InlineLoop,
            /// Stands for a statement or declaration that was given up.
            GivenUp,
            /// Stands for the value of a name whose declaration was given up.
            GivenUpValue,
            Error(Flaw),
            /// Begins the parse of an expression; not in any text.
            StartExpr,
            /// Begins the parse of an argument.
            StartValue,
            /// Begins the parse of a type.
            StartType,
            /// Begins the parse of a proc's body.
            StartBody,
            /// Begins the parse of a declaration.
            StartDecl,
            /// Begins the parse of a field at the top of a file.
            StartField,
            $($keyword,)*
            $($sign,)*
        }

        impl<'s> Tok<'s> {
            /// The keyword with this text.
            pub fn keyword(text: &str) -> Option<Tok<'s>> {
                match text {
                    $($word => Some(Tok::$keyword),)*
                    _ => None,
                }
            }

            /// The text of a keyword.
            pub fn word(self) -> Option<&'s str> {
                match self {
                    Tok::Ident(text) | Tok::Quoted(text) => Some(text),
                    $(Tok::$keyword => Some($word),)*
                    _ => None,
                }
            }

            /// The text of a keyword or sign, which is always the same.
            fn spelling(self) -> Option<&'static str> {
                match self {
                    $(Tok::$keyword => Some($word),)*
                    $(Tok::$sign => Some($text),)*
                    Tok::RecordBrace => Some("{"),
                    Tok::ListBracket => Some("["),
                    Tok::JumpColon => Some(":"),
                    Tok::InlineLoop => Some("inline"),
                    _ => None,
                }
            }
        }

        /// Signs, longest first among those that begin alike.
        pub const SIGNS: &[(&str, Tok<'static>)] = &[$(($text, Tok::$sign)),*];
    };
}

tokens! {
    keywords {
        Align "align"
        And "and"
        AnyType "anytype"
        Asm "asm"
        Break "break"
        CallConv "callconv"
        Catch "catch"
        Comptime "comptime"
        Const "const"
        Continue "continue"
        Defer "defer"
        Else "else"
        Enum "enum"
        ErrDefer "errdefer"
        ErrorWord "error"
        Export "export"
        Extern "extern"
        Fn "fn"
        For "for"
        If "if"
        Inline "inline"
        NoAlias "noalias"
        NoInline "noinline"
        Opaque "opaque"
        Or "or"
        Orelse "orelse"
        Packed "packed"
        Pub "pub"
        Return "return"
        Struct "struct"
        Switch "switch"
        Test "test"
        ThreadLocal "threadlocal"
        Try "try"
        Union "union"
        Unreachable "unreachable"
        Var "var"
        Volatile "volatile"
        While "while"
    }
    signs {
        ShiftLeftSaturateAssign "<<|="
        ManyOfC "[*c]"
        Ellipsis "..."
        ShiftLeftSaturate "<<|"
        ShiftLeftAssign "<<="
        ShiftRightAssign ">>="
        AddWrapAssign "+%="
        AddSaturateAssign "+|="
        SubWrapAssign "-%="
        SubSaturateAssign "-|="
        MulWrapAssign "*%="
        MulSaturateAssign "*|="
        DotBrace ".{"
        DotStar ".*"
        DotQuestion ".?"
        DotDot ".."
        ShiftLeft "<<"
        ShiftRight ">>"
        LessEqual "<="
        GreaterEqual ">="
        EqualEqual "=="
        NotEqual "!="
        FatArrow "=>"
        ThinArrow "->"
        PlusPlus "++"
        AddWrap "+%"
        AddSaturate "+|"
        AddAssign "+="
        SubWrap "-%"
        SubSaturate "-|"
        SubAssign "-="
        StarStar "**"
        MulWrap "*%"
        MulSaturate "*|"
        MulAssign "*="
        DivAssign "/="
        RemAssign "%="
        AndAssign "&="
        OrAssign "|="
        XorAssign "^="
        BarBar "||"
        AmpAmp "&&"
        BarArrow "|>"
        Less "<"
        Greater ">"
        Assign "="
        Bang "!"
        Plus "+"
        Minus "-"
        Star "*"
        Slash "/"
        Percent "%"
        Amp "&"
        Bar "|"
        Caret "^"
        Tilde "~"
        Question "?"
        Dot "."
        Comma ","
        Semicolon ";"
        Colon ":"
        Hash "#"
        LParen "("
        RParen ")"
        LBracket "["
        RBracket "]"
        LBrace "{"
        RBrace "}"
    }
}

impl Tok<'_> {
    /// Can a value or a type end with this token?
    pub fn ends_operand(self) -> bool {
        use Tok::*;
        matches!(
            self,
            Ident(_)
                | Quoted(_)
                | Int(_)
                | Float(_)
                | Char(_)
                | Str(_)
                | Lines(_)
                | Qualified(_)
                | RParen
                | RBracket
                | RBrace
                | DotStar
                | DotQuestion
                | Unreachable
                | AnyType
                | Builtin(_)
        )
    }

    /// `+1` for an opening bracket, `-1` for a closing one.
    pub fn nesting(self) -> i32 {
        use Tok::*;
        match self {
            LParen | LBracket | LBrace | DotBrace | RecordBrace | ListBracket => 1,
            RParen | RBracket | RBrace => -1,
            _ => 0,
        }
    }

    /// The bracket that closes this one.
    pub fn closer(self) -> Option<Tok<'static>> {
        use Tok::*;
        match self {
            LParen => Some(RParen),
            LBracket | ListBracket => Some(RBracket),
            LBrace | DotBrace | RecordBrace => Some(RBrace),
            _ => None,
        }
    }
}

/// As messages say it.
impl fmt::Display for Tok<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.spelling() {
            return write!(f, "`{text}`");
        }
        match self {
            Tok::Ident(text) | Tok::Int(text) | Tok::Float(text) | Tok::Qualified(text) => {
                write!(f, "`{text}`")
            }
            Tok::Char(text) => write!(f, "`{text}`"),
            Tok::Quoted(text) => write!(f, "`@\"{text}\"`"),
            Tok::Builtin(text) => write!(f, "`@{text}`"),
            Tok::Str(_) | Tok::Lines(_) => f.write_str("a string"),
            Tok::Label(text) => write!(f, "the label `{text}`"),
            _ => f.write_str("text that cannot be read"),
        }
    }
}
