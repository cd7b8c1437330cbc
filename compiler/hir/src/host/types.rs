//! Type expressions, and the names every program knows.

use super::scope::{poison, type_expr};
use super::*;

/// The type an expression of `container` denotes.
pub fn check_type(cx: &mut Context, container: ContainerId, expr: &ast::Expr) -> TypeId {
    BodyChecker::new(cx, container, ResultShape::Returns(TypeId::VOID)).check_type(expr)
}

/// So many bytes is the largest alignment.
const MOST_ALIGNED: u32 = 1 << 28;

/// Is it an alignment?
pub(super) fn is_alignment(align: u32) -> bool {
    align.is_power_of_two() && align <= MOST_ALIGNED
}

impl BodyChecker<'_, '_> {
    /// The type an expression denotes.
    pub fn check_type(&mut self, expr: &ast::Expr) -> TypeId {
        match self.known(expr, Some(TypeId::TYPE)) {
            Some(Known { value: Value::Type(ty), .. }) => ty,
            _ => TypeId::ERROR,
        }
    }

    /// `*T`, `[]T`, `[*:0]const T`
    pub(super) fn pointer_type(&mut self, written: &ast::PointerType, span: Span) -> Expr {
        let child = self.check_type(&written.child);
        if child == TypeId::ERROR {
            return poison(span);
        }
        let align = self.alignment(written.align.as_ref()).filter(|&align| !self.is_natural(child, align));
        let sentinel = written.sentinel.as_ref().and_then(|value| self.known(value, Some(child)));
        let pointer = Pointer {
            size: written.size,
            is_const: written.is_const,
            is_volatile: written.is_volatile,
            align,
            sentinel: sentinel.map(|known| known.value),
            child,
        };
        type_expr(self.pointer_of(pointer), span)
    }

    /// The multiple of bytes at which such values lie: as written, or by the type. None while that is being found.
    pub(super) fn known_align(&mut self, ty: TypeId, written: Option<u32>) -> Option<u32> {
        written.or_else(|| containers::settled_align(self.cx, ty))
    }

    /// Would values of the type lie at multiples of so many bytes anyway?
    pub(super) fn is_natural(&mut self, ty: TypeId, align: u32) -> bool {
        containers::settled_align(self.cx, ty) == Some(align)
    }

    /// The type of a pointer. One of C may be null, so it is an optional; what lies behind the null prints the same.
    pub(super) fn pointer_of(&mut self, pointer: Pointer) -> TypeId {
        let is_of_c = pointer.size == PointerSize::C;
        let plain = self.cx.types.intern(Type::Pointer(pointer));
        if is_of_c { self.cx.types.optional(plain) } else { plain }
    }

    /// `[len]T`
    pub(super) fn array_type(
        &mut self,
        len: Option<&ast::Expr>,
        sentinel: Option<&ast::Expr>,
        child: &ast::Expr,
        span: Span,
    ) -> Expr {
        let Some(len) = len else {
            return self.error(
                codes::HOST017,
                span,
                "the length `_` is taken from the literal behind it, and there is none",
            );
        };
        let len = self.known_number(len);
        match len {
            Some(len) => self.array_of(len, sentinel, child, span),
            None => {
                self.check_type(child);
                poison(span)
            }
        }
    }

    /// An array type of a known length.
    pub(super) fn array_of(
        &mut self,
        len: u64,
        sentinel: Option<&ast::Expr>,
        child: &ast::Expr,
        span: Span,
    ) -> Expr {
        let child = self.check_type(child);
        if child == TypeId::ERROR {
            return poison(span);
        }
        let sentinel = sentinel.and_then(|value| self.known(value, Some(child))).map(|known| known.value);
        type_expr(self.cx.types.intern(Type::Array { len, sentinel, child }), span)
    }

    /// A known number that fits a word.
    pub(super) fn known_number(&mut self, expr: &ast::Expr) -> Option<u64> {
        match self.known(expr, Some(TypeId::USIZE))?.value {
            Value::Int(number) => number.to_u64(),
            _ => None,
        }
    }

    /// What stands behind `align`, in bytes.
    pub(super) fn alignment(&mut self, written: Option<&ast::Expr>) -> Option<u32> {
        let written = written?;
        let bytes = self.known_number(written)?;
        let align = u32::try_from(bytes).ok().filter(|align| is_alignment(*align));
        if align.is_none() {
            let message = format!("an alignment is a power of two up to {MOST_ALIGNED}, and not {bytes}");
            self.error(codes::HOST008, written.span, message);
        }
        align
    }

    pub(super) fn optional_type(&mut self, child: &ast::Expr, span: Span) -> Expr {
        match self.check_type(child) {
            TypeId::ERROR => poison(span),
            child => type_expr(self.cx.types.optional(child), span),
        }
    }

    /// `E!T`; `!T` stands only for what a function gives back, where `generics` reads it.
    pub(super) fn error_union_type(
        &mut self,
        set: Option<&ast::Expr>,
        payload: &ast::Expr,
        span: Span,
    ) -> Expr {
        let Some(set) = set else {
            return self.error(
                codes::HOST012,
                span,
                "errors are inferred only where a function says what it returns",
            );
        };
        let (set, payload) = (self.check_type(set), self.check_type(payload));
        if set == TypeId::ERROR || payload == TypeId::ERROR {
            return poison(span);
        }
        if !self.cx.is_error_set(set) {
            let name = self.cx.type_name(set);
            return self.error(
                codes::HOST002,
                span,
                format!("expected an error set before `!`, found `{name}`"),
            );
        }
        type_expr(self.cx.types.intern(Type::ErrorUnion { set, payload }), span)
    }

    /// `error{A, B}`
    pub(super) fn error_set_type(&mut self, names: &[Ident], span: Span) -> Expr {
        let set = errors::named(names.iter().map(|ident| ident.name).collect());
        type_expr(self.cx.types.intern(Type::ErrorSet(set)), span)
    }

    /// `fn (A, B) C`
    pub(super) fn function_type_expr(&mut self, written: &ast::FunctionType, span: Span) -> Expr {
        let params: Vec<TypeId> = written.params.iter().map(|param| self.check_type(&param.ty)).collect();
        let ret = self.check_type(&written.ret);
        if ret == TypeId::ERROR || params.contains(&TypeId::ERROR) {
            return poison(span);
        }
        let is_c = written.callconv.as_ref().is_some_and(is_c);
        if is_c {
            let spans = written.params.iter().map(|param| param.ty.span);
            foreign::check(self.cx, spans, &params, (ret, written.ret.span));
        }
        let function = FunctionType { params, ret, is_c, is_variadic: written.is_variadic };
        type_expr(self.cx.types.intern(Type::Function(function)), span)
    }

    /// `bool`, `u8`, `true` and the like.
    pub(super) fn primitive(&mut self, name: Name) -> Option<Known> {
        let truth = |truth| Some(Known { ty: TypeId::BOOL, value: Value::Bool(truth) });
        match name.as_str() {
            "true" => return truth(true),
            "false" => return truth(false),
            _ => {}
        }
        let ty = self.primitive_type(name.as_str())?;
        Some(Known { ty: TypeId::TYPE, value: Value::Type(ty) })
    }

    fn primitive_type(&mut self, name: &str) -> Option<TypeId> {
        let int = |checker: &mut Self, bits, is_signed| Some(checker.cx.types.int(bits, is_signed));
        match name {
            "void" => Some(TypeId::VOID),
            "bool" => Some(TypeId::BOOL),
            "noreturn" => Some(TypeId::NORETURN),
            "type" => Some(TypeId::TYPE),
            "anyerror" => Some(TypeId::ANYERROR),
            "comptime_int" => Some(TypeId::COMPTIME_INT),
            "comptime_float" => Some(TypeId::COMPTIME_FLOAT),
            "usize" => Some(TypeId::USIZE),
            "isize" => Some(TypeId::ISIZE),
            "anyopaque" => Some(self.cx.any_opaque()),
            "f16" | "f32" | "f64" | "f128" => {
                let bits = name[1..].parse().ok()?;
                Some(self.cx.types.intern(Type::Float(bits)))
            }
            "c_char" => Some(TypeId::U8),
            "c_short" => int(self, 16, true),
            "c_ushort" => int(self, 16, false),
            "c_int" => int(self, 32, true),
            "c_uint" => int(self, 32, false),
            "c_long" | "c_longlong" => int(self, 64, true),
            "c_ulong" | "c_ulonglong" => int(self, 64, false),
            _ => {
                let is_signed = name.starts_with('i');
                let digits = name.strip_prefix(['i', 'u'])?;
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let bits = digits.parse().ok().filter(|_| is_number)?;
                int(self, bits, is_signed)
            }
        }
    }
}

/// Is this `.c` (or `.C`, as it once was written)?
pub(super) fn is_c(callconv: &ast::Expr) -> bool {
    matches!(&*callconv.kind, ast::ExprKind::EnumLiteral(name) if name.name == "c" || name.name == "C")
}
