//! Places: what has an address, reading it, pointing at it, indexing and slicing it.
//!
//! An expression that denotes a place is a read of it; `&`, assignment and members take the place out
//! again. Reads of constant data fold.

use super::coerce::{convert, sequence};
use super::scope::poison;
use super::*;

/// How a slice ends: with this behind its last element, which the program asserts where it is written.
struct Ending {
    sentinel: Option<Value>,
    is_written: bool,
}

impl BodyChecker<'_, '_> {
    /// Where an expression's value is; values without a place get one.
    pub(super) fn place_of(&mut self, expr: Expr) -> Place {
        let (ty, span) = (expr.ty, expr.span);
        match *expr.kind {
            Kind::Read(place) => place,
            Kind::Const(value) => {
                let pointer = self.cx.types.pointer(ty, true);
                let at = Value::Pointer(constants::data_pointer(ty, value));
                Place::Deref(Expr::constant(pointer, span, at))
            }
            kind => Place::Temporary(Expr::new(ty, span, kind)),
        }
    }

    /// The value at a place, folded where it never changes.
    pub(super) fn read(&mut self, place: Place, ty: TypeId, span: Span) -> Expr {
        if let Some(at) = known_place(&place)
            && !self.cx.is_memory(&at)
            && let Some(value) = self.cx.read_pointer(&at)
        {
            return Expr::constant(ty, span, value);
        }
        Expr::new(ty, span, Kind::Read(place))
    }

    /// What a pointer to one thing points to.
    pub(super) fn load(&mut self, pointer: Expr, span: Span) -> Expr {
        match self.cx.pointee(pointer.ty) {
            Some(child) => self.read(Place::Deref(pointer), child, span),
            None => poison(span),
        }
    }

    /// `base.*`
    pub(super) fn deref(&mut self, base: &ast::Expr, span: Span) -> Expr {
        let base = self.infer(base, None);
        let base = self.not_null_of_c(base);
        if base.is_poison() {
            return base;
        }
        match self.cx.pointer(base.ty).map(|pointer| pointer.size) {
            Some(PointerSize::One) => self.load(base, span),
            Some(PointerSize::C) => {
                let one = self.one_of_c(base);
                self.load(one, span)
            }
            _ => {
                let name = self.cx.type_name(base.ty);
                self.error(
                    codes::HOST004,
                    span,
                    format!("`.*` reads behind a pointer to one thing, and this is `{name}`"),
                )
            }
        }
    }

    /// May nobody write here?
    pub(super) fn is_const_place(&self, place: &Place) -> bool {
        let is_const = |pointer: &Expr| self.cx.pointer(pointer.ty).is_some_and(|pointer| pointer.is_const);
        match place {
            Place::Local(local) => !self.body.locals[*local].is_mutable,
            Place::Global(global) => self.cx.globals[*global].is_const,
            Place::Deref(pointer) => is_const(pointer),
            Place::Index { pointer, .. } => is_const(pointer),
            Place::Field { base, .. } | Place::Element { base, .. } => self.is_const_place(base),
            Place::UnionPayload { base, .. } | Place::OptionalPayload { base, .. } => {
                self.is_const_place(base)
            }
            Place::Temporary(_) => true,
        }
    }

    fn mark_addressed(&mut self, place: &Place) {
        match place {
            Place::Local(local) => self.body.locals[*local].is_addressed = true,
            Place::Field { base, .. } | Place::Element { base, .. } => self.mark_addressed(base),
            Place::UnionPayload { base, .. } | Place::OptionalPayload { base, .. } => {
                self.mark_addressed(base)
            }
            _ => {}
        }
    }

    /// A pointer to where an expression's value is.
    pub(super) fn address_of(&mut self, expr: Expr, span: Span) -> Expr {
        if expr.is_poison() {
            return expr;
        }
        if let Some(Value::Function(id)) = expr.value() {
            return self.function_pointer(*id, span);
        }
        let ty = expr.ty;
        let place = self.place_of(expr);
        let is_const = self.is_const_place(&place);
        self.mark_addressed(&place);
        let pointer = self.pointer_to(&place, ty, is_const);
        match known_place(&place) {
            Some(at) => Expr::constant(pointer, span, Value::Pointer(at)),
            None => Expr::new(pointer, span, Kind::AddressOf(place)),
        }
    }

    /// The type of a pointer to a place: as aligned and volatile as the way there.
    fn pointer_to(&mut self, place: &Place, child: TypeId, is_const: bool) -> TypeId {
        let align = match place {
            Place::Deref(pointer) => self.cx.pointer(pointer.ty).and_then(|pointer| pointer.align),
            Place::Global(global) => self.cx.globals[*global].align,
            Place::Local(local) => self.body.locals[*local].align,
            Place::Field { base_ty, field, .. } => self.field_align(*base_ty, *field),
            _ => None,
        };
        let is_volatile = match place {
            Place::Deref(pointer) => self.cx.pointer(pointer.ty).is_some_and(|pointer| pointer.is_volatile),
            _ => false,
        };
        let pointer = Pointer { align, is_volatile, ..Pointer::to(PointerSize::One, child, is_const) };
        self.cx.types.intern(Type::Pointer(pointer))
    }

    fn field_align(&self, ty: TypeId, field: u32) -> Option<u32> {
        let id = self.cx.container_of(ty)?;
        self.cx.containers[id].fields.as_ref()?.get(field as usize)?.align
    }

    /// `base[index]`
    pub(super) fn index(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span) -> Expr {
        let base = self.base(base);
        if base.is_poison() {
            return base;
        }
        if let Type::Tuple(all) = self.cx.ty(base.ty) {
            let count = all.len();
            return self.tuple_index(base, count, index, span);
        }
        let index = self.expr(index, Some(TypeId::USIZE));
        if index.is_poison() {
            return index;
        }
        self.element_at(base, index, span)
    }

    fn tuple_index(&mut self, base: Expr, count: usize, index: &ast::Expr, span: Span) -> Expr {
        let Some(known) = self.known(index, Some(TypeId::USIZE)) else { return poison(span) };
        match known.value {
            Value::Int(number) if number < BigInt::from(count) => {
                self.part_of(base, number.to_u64().unwrap_or_default(), span)
            }
            _ => self.error(codes::HOST003, index.span, format!("the tuple has {count} fields")),
        }
    }

    /// The element at a checked index.
    pub(super) fn element_at(&mut self, base: Expr, index: Expr, span: Span) -> Expr {
        let Some(sequence) = self.cx.sequence(base.ty) else {
            let name = self.cx.type_name(base.ty);
            return self.error(codes::HOST004, span, format!("`{name}` cannot be indexed"));
        };
        if let (Some(len), Some(Value::Int(at))) = (sequence.len, index.value())
            && *at >= BigInt::from(len + u64::from(sequence.sentinel.is_some()))
        {
            return self.error(
                codes::HOST008,
                index.span,
                format!("index {at} is outside of {len} elements"),
            );
        }
        let child = sequence.child;
        let place = match self.cx.ty(base.ty).clone() {
            Type::Array { .. } | Type::Vector { .. } => {
                if let (Some(value), Some(Value::Int(at))) = (base.value(), index.value())
                    && let Some(value) = at.to_u64().and_then(|at| constants::element(value, at))
                {
                    return Expr::constant(child, span, value);
                }
                let base_ty = base.ty;
                Place::Element { base: Box::new(self.place_of(base)), base_ty, index }
            }
            Type::Pointer(pointer) if pointer.size == PointerSize::One => {
                Place::Element { base: Box::new(Place::Deref(base)), base_ty: pointer.child, index }
            }
            Type::Pointer(pointer) if pointer.size == PointerSize::Slice => {
                self.slice_element(base, &pointer, index)
            }
            _ => Place::Index { pointer: base, index, len: None },
        };
        self.read(place, child, span)
    }

    fn slice_element(&mut self, base: Expr, pointer: &Pointer, index: Expr) -> Place {
        let span = base.span;
        let many = self.many_of(pointer);
        // The sentinel behind the last element may be read.
        let more = u64::from(pointer.sentinel.is_some());
        if let Some(Value::Slice { pointer, len }) = base.value() {
            let len = Some(Expr::constant(TypeId::USIZE, span, Value::int(*len + more)));
            return Place::Index {
                pointer: Expr::constant(many, span, Value::Pointer(pointer.clone())),
                index,
                len,
            };
        }
        let (mut stmts, held) = self.hold(base);
        stmts.push(Expr::new(many, span, Kind::SlicePointer(held.clone())));
        let mut len = Expr::new(TypeId::USIZE, span, Kind::SliceLen(held));
        if more == 1 {
            let one = Expr::constant(TypeId::USIZE, span, Value::int(1));
            len = self.arithmetic(Binary::AddWrap, len, one, TypeId::USIZE, span, span);
        }
        let len = Some(len);
        Place::Index { pointer: sequence(stmts, many, span), index, len }
    }

    /// The many-pointer of a slice.
    pub(super) fn many_of(&mut self, pointer: &Pointer) -> TypeId {
        self.cx.types.intern(Type::Pointer(Pointer { size: PointerSize::Many, ..pointer.clone() }))
    }

    /// The length of a sequence, known or not.
    pub(super) fn length_of(&mut self, base: &Expr, span: Span) -> Option<Expr> {
        if let Some(len) = self.cx.sequence(base.ty)?.len {
            return Some(Expr::constant(TypeId::USIZE, span, Value::int(len)));
        }
        match base.value() {
            Some(Value::Slice { len, .. }) => Some(Expr::constant(TypeId::USIZE, span, Value::int(*len))),
            _ if self.cx.is_slice(base.ty) => {
                Some(Expr::new(TypeId::USIZE, span, Kind::SliceLen(base.clone())))
            }
            _ => None,
        }
    }

    /// `base[start..end :sentinel]`
    pub(super) fn slice(
        &mut self,
        base: &ast::Expr,
        start: &ast::Expr,
        end: Option<&ast::Expr>,
        sentinel: Option<&ast::Expr>,
        span: Span,
    ) -> Expr {
        let mut base = self.base(base);
        let start = self.expr(start, Some(TypeId::USIZE));
        let end = end.map(|end| self.expr(end, Some(TypeId::USIZE)));
        if base.is_poison() || start.is_poison() || end.as_ref().is_some_and(Expr::is_poison) {
            return poison(span);
        }
        if let Type::Array { .. } = self.cx.ty(base.ty) {
            base = self.address_of(base, span);
        }
        let Some(parts) = self.cx.sequence(base.ty).filter(|_| self.cx.pointer(base.ty).is_some()) else {
            let name = self.cx.type_name(base.ty);
            return self.error(codes::HOST004, span, format!("`{name}` cannot be sliced"));
        };
        let is_written = sentinel.is_some();
        let sentinel = match sentinel {
            Some(sentinel) => match self.known(sentinel, Some(parts.child)) {
                Some(known) => Some(known.value),
                None => return poison(span),
            },
            None => parts.sentinel.clone().filter(|_| end.is_none()),
        };
        let (mut stmts, held) = self.hold(base);
        let sliced = self.slice_held(held, &parts, start, end, Ending { sentinel, is_written }, span);
        let ty = sliced.ty;
        stmts.push(sliced);
        sequence(stmts, ty, span)
    }

    fn slice_held(
        &mut self,
        base: Expr,
        parts: &query::Sequence,
        start: Expr,
        end: Option<Expr>,
        ending: Ending,
        span: Span,
    ) -> Expr {
        let Ending { sentinel, is_written } = ending;
        let limit = self.length_of(&base, span);
        let Some(end) = end.or_else(|| limit.clone()) else {
            // `p[n..]` of a many-pointer moves it.
            return self.moved(base, start, parts.child, span);
        };
        let number = |expr: &Expr| match expr.value() {
            Some(Value::Int(number)) => number.to_u64(),
            _ => None,
        };
        let bounds = (number(&start), number(&end));
        let asserted = sentinel.clone().filter(|_| is_written);
        if let Some(to) = bounds.1
            && let Some(asserted) = &asserted
            && self.is_other(&base, parts, to, asserted)
        {
            return self.error(codes::HOST008, span, format!("what stands at {to} is not the sentinel"));
        }
        if let (Some(from), Some(to)) = bounds
            && (from > to || limit.as_ref().and_then(number).is_some_and(|limit| to > limit))
        {
            let at = if from > to { start.span } else { end.span };
            return self.error(codes::HOST008, at, format!("a slice from {from} to {to} is out of bounds"));
        }
        if let (Some(from), Some(to)) = bounds
            && let Some(known) = self.slice_known(&base, parts, from, to, &sentinel, span)
        {
            return known;
        }
        let mut pointer = Pointer { sentinel: sentinel.clone(), ..self.slice_pointer_type(&base, parts) };
        if bounds.0 == Some(0) {
            // What begins where the whole does is aligned as that.
            pointer.align = self.cx.pointer(base.ty).and_then(|whole| whole.align);
        }
        let ty = self.cx.types.intern(Type::Pointer(pointer.clone()));
        let many = self.many_of(&pointer);
        let source = self.slice_source(base);
        let asserted = asserted.map(|value| Expr::constant(parts.child, span, value));
        let slice =
            Expr::new(ty, span, Kind::Slice { pointer: source, start, end, limit, sentinel: asserted });
        let (Some(from), Some(to)) = bounds else { return slice };
        let array = self.cx.types.intern(Type::Array { len: to - from, sentinel, child: parts.child });
        let one = Pointer { sentinel: None, size: PointerSize::One, child: array, ..pointer };
        let one = self.cx.types.intern(Type::Pointer(one));
        convert(Convert::Pointer, Expr::new(many, span, Kind::SlicePointer(slice)), one)
    }

    /// Is the element at `at` known, and another than this?
    fn is_other(&self, base: &Expr, parts: &query::Sequence, at: u64, sentinel: &Value) -> bool {
        let Some(values) = base.value().and_then(|value| self.cx.pointed_values(value)) else { return false };
        let found = usize::try_from(at).ok().and_then(|at| values.get(at));
        parts.is_const && found.or(parts.sentinel.as_ref()).is_none_or(|found| found != sentinel)
    }

    fn slice_pointer_type(&self, base: &Expr, parts: &query::Sequence) -> Pointer {
        let plain = Pointer::to(PointerSize::Slice, parts.child, parts.is_const);
        match self.cx.pointer(base.ty) {
            Some(pointer) => Pointer { is_volatile: pointer.is_volatile, ..plain },
            None => plain,
        }
    }

    /// The pointer under a slice; arrays are pointed at as they are.
    fn slice_source(&mut self, base: Expr) -> Expr {
        let Some(pointer) = self.cx.pointer(base.ty).filter(|it| it.size == PointerSize::Slice).cloned()
        else {
            return base;
        };
        let (many, span) = (self.many_of(&pointer), base.span);
        match base.value() {
            Some(Value::Slice { pointer, .. }) => Expr::constant(many, span, Value::Pointer(pointer.clone())),
            _ => Expr::new(many, span, Kind::SlicePointer(base)),
        }
    }

    /// A slice with known bounds of something known.
    fn slice_known(
        &mut self,
        base: &Expr,
        parts: &query::Sequence,
        from: u64,
        to: u64,
        sentinel: &Option<Value>,
        span: Span,
    ) -> Option<Expr> {
        let value = base.value()?.clone();
        let (Value::Pointer(pointer) | Value::Slice { pointer, .. }) = &value else { return None };
        // What has a name keeps its place.
        if parts.is_const && matches!(pointer.base, Base::Global(_)) {
            return None;
        }
        if let Some(values) = self.cx.pointed_values(&value)
            && parts.is_const
        {
            let part = values.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)?.to_vec();
            let array = Type::Array { len: to - from, sentinel: sentinel.clone(), child: parts.child };
            let array = self.cx.types.intern(array);
            let data = constants::data_pointer(array, query::array_value(parts.child, part));
            let ty = self.cx.types.pointer(array, true);
            return Some(Expr::constant(ty, span, Value::Pointer(data)));
        }
        let first = match value {
            Value::Slice { pointer, .. } => pointer.moved(i128::from(from))?,
            Value::Pointer(pointer) if self.cx.pointee(base.ty).is_some() => {
                pointer.then(Step::Element(from))
            }
            // Of many without an end: a pointer to an array, as where it is not known.
            _ => return None,
        };
        let align = self.cx.pointer(base.ty).and_then(|whole| whole.align).filter(|_| from == 0);
        let pointer = Pointer { sentinel: sentinel.clone(), align, ..self.slice_pointer_type(base, parts) };
        let ty = self.cx.types.intern(Type::Pointer(pointer));
        Some(Expr::constant(ty, span, Value::Slice { pointer: first, len: to - from }))
    }
}

/// The address of a place, where it is known while compiling.
pub(super) fn known_place(place: &Place) -> Option<PointerValue> {
    let number = |expr: &Expr| match expr.value() {
        Some(Value::Int(number)) => number.to_u64(),
        _ => None,
    };
    match place {
        Place::Global(global) => Some(PointerValue { base: Base::Global(*global), path: Vec::new() }),
        Place::Deref(pointer) => match pointer.value()? {
            Value::Pointer(pointer) => Some(pointer.clone()),
            _ => None,
        },
        Place::Field { base, field, .. } | Place::UnionPayload { base, field, .. } => {
            Some(known_place(base)?.then(Step::Field(*field)))
        }
        Place::Element { base, index, .. } => Some(known_place(base)?.then(Step::Element(number(index)?))),
        Place::Index { pointer, index, len } => {
            let at = number(index)?;
            let is_inside = len.as_ref().and_then(number).is_none_or(|len| at <= len);
            match pointer.value()? {
                Value::Pointer(pointer) if is_inside => pointer.moved(i128::from(at)),
                _ => None,
            }
        }
        _ => None,
    }
}
