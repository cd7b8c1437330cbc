//! `[*c]T`, a pointer as C's headers mean it: to one thing or to many, and perhaps null.
//!
//! It is an optional of a pointer of size `C`, so that `null`, `orelse`, `.?`, captures and layout are those of any
//! optional pointer. What is left to do is here: to read behind one that may be null, and to become other pointers.

use super::coerce::{PointerStep, convert};
use super::*;

impl BodyChecker<'_, '_> {
    /// A `[*c]T` as one that is not null, which is checked where the program is; anything else as it is.
    pub(super) fn not_null_of_c(&mut self, expr: Expr) -> Expr {
        let Some(child) = self.cx.optional_child(expr.ty).filter(|&child| self.cx.is_pointer_of_c(child))
        else {
            return expr;
        };
        let span = expr.span;
        match expr.value() {
            Some(Value::Some(inner)) => Expr::constant(child, span, (**inner).clone()),
            Some(Value::Null) => self.error(codes::HOST008, span, "this is null"),
            _ => Expr::new(child, span, Kind::Unwrap(expr)),
        }
    }

    /// What is not null, as a pointer to one thing.
    pub(super) fn one_of_c(&mut self, expr: Expr) -> Expr {
        let Some(pointer) = self.cx.pointer(expr.ty).cloned() else { return expr };
        let one = self.cx.types.intern(Type::Pointer(Pointer { size: PointerSize::One, ..pointer }));
        convert(Convert::Pointer, expr, one)
    }

    /// A `[*c]T` where a pointer is expected that is never null.
    pub(super) fn pointer_of_c_as(&mut self, expr: Expr, to: TypeId) -> Result<Expr, Expr> {
        let child = self.cx.optional_child(expr.ty).filter(|&child| self.cx.is_pointer_of_c(child));
        let pointers =
            child.and_then(|child| self.cx.pointer(child)).cloned().zip(self.cx.pointer(to).cloned());
        let Some((from, pointer)) = pointers else { return Err(expr) };
        match self.pointer_step(&from, &pointer) {
            Some(PointerStep::Same) => {
                let some = self.not_null_of_c(expr);
                Ok(if some.is_poison() { some } else { convert(Convert::Pointer, some, to) })
            }
            _ => Err(expr),
        }
    }
}
