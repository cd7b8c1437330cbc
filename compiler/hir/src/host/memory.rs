//! Memory of code the checker runs: a variable is a global of its own, so that pointers into it, and
//! through it, work as they do at run time.
//!
//! Reads fold where a value is wanted. What leaves the run is frozen: pointers into this memory become
//! pointers to constant data with what is there by then.

use super::*;

impl Context<'_> {
    /// A variable of code that is run, or a `comptime var`.
    pub(super) fn new_memory(&mut self, name: Name, known: Known, span: Span) -> GlobalId {
        let id = self.globals.push(crate::context::Global {
            name,
            ty: known.ty,
            value: known.value,
            align: None,
            is_const: false,
            is_threadlocal: false,
            linkage: crate::context::Linkage::Internal,
            span,
        });
        self.host.memory.insert(id);
        id
    }

    /// Does this point into memory of code that is run?
    pub(super) fn is_memory(&self, pointer: &PointerValue) -> bool {
        matches!(&pointer.base, Base::Global(id) if self.host.memory.contains(id))
    }

    /// Does a value point there?
    pub(super) fn has_memory(&self, value: &Value) -> bool {
        match value {
            Value::Pointer(pointer) | Value::Slice { pointer, .. } => match &pointer.base {
                Base::Data(data) => self.has_memory(&data.value),
                _ => self.is_memory(pointer),
            },
            Value::Some(inner) | Value::Payload(inner) | Value::Union { payload: inner, .. } => {
                self.has_memory(inner)
            }
            Value::Aggregate(values) => values.iter().any(|value| self.has_memory(value)),
            _ => false,
        }
    }

    /// The value without pointers into memory of code that is run.
    pub(super) fn frozen(&self, value: &Value) -> Value {
        if !self.has_memory(value) {
            return value.clone();
        }
        match value {
            Value::Pointer(pointer) => Value::Pointer(self.frozen_pointer(pointer)),
            Value::Slice { pointer, len } => {
                Value::Slice { pointer: self.frozen_pointer(pointer), len: *len }
            }
            Value::Some(inner) => Value::Some(Rc::new(self.frozen(inner))),
            Value::Payload(inner) => Value::Payload(Rc::new(self.frozen(inner))),
            Value::Union { field, payload } => {
                Value::Union { field: *field, payload: Rc::new(self.frozen(payload)) }
            }
            Value::Aggregate(values) => {
                Value::Aggregate(values.iter().map(|value| self.frozen(value)).collect())
            }
            value => value.clone(),
        }
    }

    fn frozen_pointer(&self, pointer: &PointerValue) -> PointerValue {
        let (ty, value) = match &pointer.base {
            Base::Global(id) => (self.globals[*id].ty, &self.globals[*id].value),
            Base::Data(data) => (data.ty, &data.value),
            Base::Address(_) => return pointer.clone(),
        };
        let base = Base::Data(Rc::new(Data { ty, value: self.frozen(value) }));
        PointerValue { base, path: pointer.path.clone() }
    }

    /// Writes to memory of code that is run. False: this is no such memory, or has no such part.
    pub(super) fn write_memory(&mut self, pointer: &PointerValue, new: Value) -> bool {
        let Base::Global(id) = pointer.base else { return false };
        if !self.host.memory.contains(&id) {
            return false;
        }
        let ty = self.globals[id].ty;
        let old = std::mem::replace(&mut self.globals[id].value, Value::Undefined);
        let (value, is_written) = constants::store(self, ty, old, &pointer.path, new);
        self.globals[id].value = value;
        is_written
    }
}

impl BodyChecker<'_, '_> {
    /// The value of an expression that reads memory of the code that is run; others as they are.
    pub(super) fn settled(&self, expr: Expr) -> Expr {
        if !self.is_running {
            return expr;
        }
        let Kind::Read(place) = &*expr.kind else { return expr };
        let at = places::known_place(place).filter(|at| self.cx.is_memory(at));
        match at.and_then(|at| self.cx.read_pointer(&at)) {
            Some(value) => Expr::constant(expr.ty, expr.span, value),
            None => expr,
        }
    }

    /// What stands before a dot or a bracket: a pointer is needed by its value, everything else by its place.
    pub(super) fn base(&mut self, expr: &ast::Expr) -> Expr {
        let checked = self.infer_place(expr, None);
        let checked = self.not_null_of_c(checked);
        if self.cx.pointer(checked.ty).is_some() { self.settled(checked) } else { checked }
    }
}
