//! A hostile transform: any texts with any holes in the place of calls, and everything that is done with them.
//!
//! The input is texts between lines `---`. Each call of a transform takes the next. A text that begins with `^` is
//! host code. The first letter of a hole's name says what fills it: a piece of the caller, another text, a word.
#![no_main]

use koru_base::{Level, Name};
use koru_benches::Program;
use koru_hir::Context;
use koru_hir::koru::{self, Code, Filling, Invocation, Made, Texts, Transformer};
use koru_hir::lower;
use koru_syntax::ast::fill::Piece;
use koru_syntax::ast::{ArgValue, Ident};
use std::cell::RefCell;

/// Calls of transforms wherever one may stand.
const PROGRAM: &str = r#"~import "$std/io"

const limit: u32 = 3;

~event go {}
~event get { n: u32 }
| some u32
| none
~proc get {
    if (n == 0) return .none;
    return .{ .some = n };
}

~[comptime|transform]pub event t { call: Call }
| transformed { code: Code }
~[comptime|transform]pub event any.* { call: Call }
| transformed { code: Code }

~[derive(t)]event told { n: u32 }
| yes u32

~event sub { n: u32 }
| is u32
~sub = t(n + 1, limit)
| small s when s > 2 |> is s
| small s |> t(s) |> is s
| other |> is 3

~event loops { n: u32 }
~loops = #again get(n: n)
| some s |> any.thing(s, a: s * 2)
    |> @again(n: s - 1)
| none |> t()

~go() |> t(1 + 2) |> go()
~t("text", x: limit) {
    source text
}
~t(go)
| each n |> get(n: n)
    | some s when s > limit |> print.ln("{{ s:d }} {{ n:d }}")
    | some s |> t(s)
        | then |> _
    | none |> _
| [a [pattern] b |> t(b)
|? |> _
~for(0..3)
| each i |> const(i + 1)
    | as a |> t(a)
        | q |> any.b(i)
| done |> go()
~t(last)
"#;

thread_local! {
    static PROGRAM_IN_MEMORY: RefCell<Program> = RefCell::new(Program::new("fuzzed.kz", PROGRAM.to_owned()));
}

/// Gives calls the texts of the input, one after the other.
struct Hostile<'t> {
    texts: Vec<&'t str>,
    next: usize,
}

impl Transformer for Hostile<'_> {
    fn transform(&mut self, cx: &mut Context, invocation: &Invocation) -> Option<Made> {
        let first = self.next % self.texts.len();
        self.next += 1;
        // What a text may put into its holes was made before it.
        let mut codes: Vec<Code> = Vec::new();
        for at in (0..self.texts.len().min(6)).rev() {
            let text = self.texts[(first + at) % self.texts.len()];
            let (text, is_host) = text.strip_prefix('^').map_or((text, false), |text| (text, true));
            let mut code = Code::new(text.to_owned(), is_host);
            for name in holes(text) {
                let filling = filling(cx, invocation, &name, codes.len());
                code.holes.insert(name, filling);
            }
            codes.push(code);
        }
        let home = koru::home_of_texts(cx, invocation);
        let call = invocation.call.path.span;
        Texts::new(cx, &codes, home, call, "transform".to_owned()).tree(cx, codes.len() - 1)
    }
}

fn holes(text: &str) -> Vec<String> {
    let found = text.match_indices("%{").filter_map(|(at, _)| {
        let inside = &text[at + 2..];
        Some(inside[..inside.find('}')?].to_owned())
    });
    found.collect()
}

fn filling(cx: &Context, invocation: &Invocation, name: &str, known: usize) -> Filling {
    let letter = name.bytes().next().unwrap_or(b'w');
    let number = name.bytes().map(usize::from).sum::<usize>();
    let arms = &invocation.arms;
    let arm = (!arms.is_empty()).then(|| &arms[number % arms.len()]);
    let piece = match (letter, arm) {
        (b'a', _) if !invocation.call.args.is_empty() => {
            let arg = &invocation.call.args[number % invocation.call.args.len()];
            Piece::Value(arg.value.clone(), arg.text)
        }
        (b'b', Some(arm)) => Piece::Steps(arm.steps.clone(), arm.arms.clone()),
        (b'n', Some(arm)) => match &arm.binding {
            Some(binding) => Piece::Name(binding.name),
            None => Piece::Name(Ident { name: Name::new("_"), span: arm.span }),
        },
        (b'g', Some(arm)) if arm.guard.is_some() => {
            let guard = arm.guard.clone().expect("a guard");
            let span = guard.span;
            Piece::Value(ArgValue::Expr(guard), span)
        }
        (b'r', Some(arm)) => Piece::Arms(vec![arm.clone()]),
        (b'm', _) => Piece::Arms(arms.clone()),
        (b'c', _) if known > 0 => return Filling::Code(number % known),
        _ => return Filling::Text(cx.sources.slice(invocation.call.path.span).to_owned()),
    };
    Filling::Piece(piece)
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    PROGRAM_IN_MEMORY.with_borrow(|program| {
        let mut cx = koru::load(program.setup(Level::Small));
        let texts: Vec<_> = text.split("\n---\n").collect();
        koru::check_transforms(&mut cx);
        koru::expand(&mut cx, &mut Hostile { texts, next: 0 });
        koru::check(&mut cx);
        let mut roots = vec![koru::program(&mut cx)];
        roots.extend(koru::every_event(&mut cx));
        std::hint::black_box(lower::lower_program(&mut cx, &roots));
        std::hint::black_box(cx.sink.take_sorted(&cx.sources));
    });
});
