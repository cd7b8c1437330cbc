//! Builtins: the dispatch by name. Each family has a file of its own.

mod atomic;
mod casts;
mod math;
mod memory;
mod reflect;
mod system;
mod vector;

use super::scope::{nothing, poison};
use super::*;

/// One call of a builtin.
#[derive(Clone, Copy)]
struct Use<'a> {
    name: Ident,
    args: &'a [ast::Expr],
    span: Span,
    hint: Option<TypeId>,
}

impl Use<'_> {
    fn word(&self) -> &'static str {
        self.name.name.as_str().trim_start_matches('@')
    }
}

impl BodyChecker<'_, '_> {
    /// `@name(args)`
    pub(super) fn builtin(
        &mut self,
        name: Ident,
        args: &[ast::Expr],
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        let it = Use { name, args, span, hint };
        let found = self
            .reflect_builtin(it)
            .or_else(|| self.cast_builtin(it))
            .or_else(|| self.math_builtin(it))
            .or_else(|| self.memory_builtin(it))
            .or_else(|| self.atomic_builtin(it))
            .or_else(|| self.vector_builtin(it))
            .or_else(|| self.system_builtin(it));
        found.unwrap_or_else(|| self.unknown_builtin(it))
    }

    fn unknown_builtin(&mut self, it: Use) -> Expr {
        /// What is asked for most, for did-you-mean.
        #[rustfmt::skip]
        const KNOWN: &[&str] = &[
            "import", "as", "intCast", "truncate", "bitCast", "ptrCast", "alignCast", "intFromPtr", "ptrFromInt",
            "floatFromInt", "intFromFloat", "floatCast", "intFromBool", "intFromEnum", "enumFromInt", "errorName",
            "tagName", "sizeOf", "alignOf", "bitSizeOf", "offsetOf", "min", "max", "abs", "mulAdd", "divTrunc", "divFloor",
            "divExact", "mod", "rem", "sqrt", "memcpy", "memset", "memmove", "TypeOf", "typeInfo", "typeName", "This",
            "field", "hasField", "hasDecl", "compileError", "panic", "syscall", "clz", "ctz", "popCount", "byteSwap",
        ];
        let word = it.word();
        let close = closest(word, KNOWN.iter().copied());
        let diagnostic = Diagnostic::new(
            codes::HOST007,
            it.name.span,
            format!("the host dialect has no builtin `@{word}`"),
        );
        self.fail(diagnostic.help_if(close, |close| format!("did you mean `@{close}`?")))
    }

    /// The arguments, where there are exactly `N`.
    fn exactly<'a, const N: usize>(&mut self, it: Use<'a>) -> Option<&'a [ast::Expr; N]> {
        let args = it.args.try_into().ok();
        if args.is_none() {
            let (some, given) = (calls::counted(N, "argument"), it.args.len());
            let is = if given == 1 { "is" } else { "are" };
            let message = format!("`@{}` takes {some}, and {given} {is} given", it.word());
            self.error(codes::HOST006, it.span, message);
        }
        args
    }

    /// The type a cast goes to: what its place expects.
    fn target_type(&mut self, it: Use) -> Option<TypeId> {
        let target = it.hint.map(|hint| self.cx.literal_target(hint));
        match target {
            Some(TypeId::ERROR) => None,
            Some(ty) => Some(ty),
            None => {
                let word = it.word();
                let message = format!("`@{word}` needs to know which type is wanted");
                let diagnostic = Diagnostic::new(codes::HOST017, it.span, message);
                self.fail(diagnostic.help(format!("write `@as(T, @{word}(..))`, or declare a type")));
                None
            }
        }
    }

    /// An operand of a builtin, checked; nothing where it has a mistake.
    fn operand(&mut self, expr: &ast::Expr, expected: Option<TypeId>) -> Option<Expr> {
        let checked = self.expr(expr, expected);
        let checked = if self.is_running { self.forced(checked) } else { checked };
        (!checked.is_poison()).then_some(checked)
    }

    fn wrong_operand(&mut self, it: Use, operand: &Expr, wanted: &str) -> Expr {
        let name = self.cx.type_name(operand.ty);
        self.error(
            codes::HOST002,
            operand.span,
            format!("`@{}` takes {wanted}, and this is `{name}`", it.word()),
        )
    }

    /// Of a vector, its element type; else the type itself.
    fn element_type(&self, ty: TypeId) -> TypeId {
        match *self.cx.ty(ty) {
            Type::Vector { child, .. } => child,
            _ => ty,
        }
    }
}

fn intrinsic(ty: TypeId, span: Span, op: Intrinsic, args: Vec<Expr>) -> Expr {
    Expr::new(ty, span, Kind::Intrinsic { op, args })
}
