//! Values known while compiling: converting them, asking for them, having them evaluated.
//!
//! A checked expression that folded is a constant. What did not fold (calls, loops, memory) is run by
//! `evaluate`; code that handles types is run by the checker itself, see `interpret`.

use super::coerce::PointerStep;
use super::query::{array_value, elements};
use super::*;

impl BodyChecker<'_, '_> {
    /// A value of type `from` as `to`, where it fits.
    pub(super) fn known_as(&mut self, from: TypeId, value: &Value, to: TypeId) -> Option<Value> {
        if from == to || *value == Value::Undefined {
            return (from == to || from == TypeId::UNDEFINED).then(|| value.clone());
        }
        match self.cx.ty(to).clone() {
            Type::ComptimeInt | Type::Int { .. } | Type::Usize | Type::Isize => {
                self.known_integer(from, value, to)
            }
            Type::Float(_) | Type::ComptimeFloat => self.known_float(from, value, to),
            Type::Optional(child) if from == child => Some(Value::Some(Rc::new(value.clone()))),
            Type::Optional(child) => match (self.cx.optional_child(from), value) {
                (_, Value::Null) => Some(Value::Null),
                (Some(inner), Value::Some(value)) => {
                    Some(Value::Some(Rc::new(self.known_as(inner, value, child)?)))
                }
                (Some(_), _) => None,
                (None, value) => Some(Value::Some(Rc::new(self.known_as(from, value, child)?))),
            },
            Type::ErrorUnion { set, payload } => self.known_error_union(from, value, set, payload),
            Type::ErrorSet(_) => match value {
                Value::Error(name) if self.cx.is_error_set(from) && self.set_takes(to, *name) => {
                    Some(value.clone())
                }
                _ => None,
            },
            Type::Pointer(pointer) => self.known_pointer(from, value, to, &pointer),
            Type::Container(id) => self.known_container(from, value, to, id),
            Type::Tuple(fields) => {
                let types: Vec<TypeId> = fields.iter().map(|field| field.ty).collect();
                self.known_parts(from, value, &types).map(|parts| Value::Aggregate(parts.into()))
            }
            Type::Array { len, child, .. } => {
                let parts = self.known_parts(from, value, &vec![child; usize::try_from(len).ok()?])?;
                Some(array_value(child, parts))
            }
            Type::Vector { len, child } => self
                .known_parts(from, value, &vec![child; len as usize])
                .map(|parts| Value::Aggregate(parts.into())),
            Type::Function(function) => match value {
                Value::Function(id) => {
                    (self.function_type(*id)?.as_ref() == &function).then(|| value.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn known_integer(&mut self, from: TypeId, value: &Value, to: TypeId) -> Option<Value> {
        let number = match value {
            Value::Int(number) if self.cx.is_integer(from) => number.clone(),
            Value::Float(number) if from == TypeId::COMPTIME_FLOAT => {
                let whole = fold::float_to_int(*number)?;
                (fold::int_to_float(&whole) == *number).then_some(whole)?
            }
            _ => return None,
        };
        self.cx.integer(to).is_none_or(|width| width.holds(&number)).then_some(Value::Int(number))
    }

    fn known_float(&mut self, from: TypeId, value: &Value, to: TypeId) -> Option<Value> {
        let number = match value {
            Value::Int(number) if self.cx.is_integer(from) => fold::int_to_float(number),
            Value::Float(number) => *number,
            _ => return None,
        };
        let rounded = fold::round_to(self.cx.ty(to), number);
        let is_exact = rounded == number || from == TypeId::COMPTIME_FLOAT;
        is_exact.then_some(Value::Float(rounded))
    }

    fn known_error_union(
        &mut self,
        from: TypeId,
        value: &Value,
        set: TypeId,
        payload: TypeId,
    ) -> Option<Value> {
        match (self.cx.error_union(from), value) {
            (None, Value::Error(name)) if self.cx.is_error_set(from) => {
                self.set_takes(set, *name).then(|| value.clone())
            }
            (Some(_), Value::Error(name)) => self.set_takes(set, *name).then(|| value.clone()),
            (Some((_, inner)), Value::Payload(value)) => {
                Some(Value::Payload(Rc::new(self.known_as(inner, value, payload)?)))
            }
            (None, value) => Some(Value::Payload(Rc::new(self.known_as(from, value, payload)?))),
            _ => None,
        }
    }

    fn known_pointer(&mut self, from: TypeId, value: &Value, to: TypeId, pointer: &Pointer) -> Option<Value> {
        if let Value::Function(id) = value {
            let Type::Function(wanted) = self.cx.ty(pointer.child).clone() else { return None };
            if self.function_type(*id)?.as_ref() != &wanted {
                return None;
            }
            return Some(Value::Instance(instance(self.cx, *id, &[])));
        }
        let have = self.cx.pointer(from).cloned()?;
        if let (PointerSize::Slice, Type::Tuple(fields)) = (pointer.size, self.cx.ty(have.child).clone()) {
            return self.known_list_pointer(value, &fields, pointer.child, to);
        }
        match (self.pointer_step(&have, pointer)?, value) {
            (PointerStep::ArrayToSlice, Value::Pointer(at)) => {
                let Type::Array { len, .. } = *self.cx.ty(have.child) else { return None };
                Some(Value::Slice { pointer: at.then(Step::Element(0)), len })
            }
            (PointerStep::SliceToMany, Value::Slice { pointer, .. }) => Some(Value::Pointer(pointer.clone())),
            (PointerStep::Same, Value::Pointer(at))
                if have.size == PointerSize::One && self.is_first_of(&have, pointer) =>
            {
                Some(Value::Pointer(at.then(Step::Element(0))))
            }
            (PointerStep::Same, _) if self.is_repointed(&have, pointer) => None,
            (PointerStep::Same, value) => Some(value.clone()),
            _ => None,
        }
    }

    /// Does a pointer to an array become one to its first element?
    fn is_first_of(&self, have: &Pointer, want: &Pointer) -> bool {
        match self.cx.ty(have.child) {
            Type::Array { child, .. } if want.size == PointerSize::C => *child == want.child,
            _ => want.size == PointerSize::Many,
        }
    }

    /// Would the path of a known pointer mean something else behind the new type?
    fn is_repointed(&self, have: &Pointer, want: &Pointer) -> bool {
        let is_of_c = have.size == PointerSize::C || want.size == PointerSize::C;
        is_of_c && have.size != want.size
            || matches!(self.cx.ty(want.child), Type::Array { len: 1, .. })
                && !matches!(self.cx.ty(have.child), Type::Array { .. })
    }

    /// `&.{ a, b }` whose type was not known, as a slice.
    fn known_list_pointer(
        &mut self,
        value: &Value,
        fields: &[TupleField],
        child: TypeId,
        _: TypeId,
    ) -> Option<Value> {
        let values = self.cx.pointed_values(value)?;
        let mut parts = Vec::new();
        for (field, value) in fields.iter().zip(&values) {
            parts.push(self.known_as(field.ty, value, child)?);
        }
        Some(self.cx.slice_value(child, parts).value)
    }

    fn known_parts(&mut self, from: TypeId, value: &Value, types: &[TypeId]) -> Option<Vec<Value>> {
        let have: Vec<TypeId> = match self.cx.ty(from).clone() {
            Type::Tuple(fields) => fields.iter().map(|field| field.ty).collect(),
            Type::Array { len, child, .. } => vec![child; usize::try_from(len).ok()?],
            Type::Vector { len, child } => vec![child; len as usize],
            _ => return None,
        };
        let parts = elements(value)?;
        if have.len() != types.len() || parts.len() != types.len() {
            return None;
        }
        let zipped = have.into_iter().zip(&parts).zip(types);
        zipped.map(|((from, part), &to)| self.known_as(from, part, to)).collect()
    }

    fn known_container(&mut self, from: TypeId, value: &Value, to: TypeId, id: ContainerId) -> Option<Value> {
        let all = fields(self.cx, id);
        match (self.cx.containers[id].kind, value) {
            (ContainerKind::Enum, Value::EnumLiteral(name)) => {
                all.iter().find(|field| field.name == *name)?.value.clone()
            }
            (ContainerKind::Enum, Value::Union { field, .. }) if self.cx.union_tag(from) == Some(to) => {
                self.tag_value(from, *field)
            }
            (ContainerKind::Union, Value::EnumLiteral(name)) => {
                let field = all.iter().position(|field| field.name == *name)?;
                let payload = self.sole_value(all[field].ty)?;
                Some(Value::Union { field: field as u32, payload: Rc::new(payload) })
            }
            (ContainerKind::Union, Value::Int(_)) if self.cx.containers[id].tag == Some(from) => {
                let field = self.field_of_tag(to, from, value)?;
                let payload = self.sole_value(all[field as usize].ty)?;
                Some(Value::Union { field, payload: Rc::new(payload) })
            }
            (ContainerKind::Struct, Value::Void) => all.is_empty().then(Value::empty),
            (_, Value::Aggregate(values)) => self.known_struct(from, values, id),
            _ => None,
        }
    }

    /// The value of a payload that needs none: nothing, or a struct without fields.
    pub(super) fn sole_value(&mut self, ty: TypeId) -> Option<Value> {
        match self.cx.ty(ty) {
            Type::Void => Some(Value::Void),
            Type::Container(_) => self.cx.only_value(ty),
            _ => None,
        }
    }

    fn known_struct(&mut self, from: TypeId, values: &[Value], id: ContainerId) -> Option<Value> {
        let given: Vec<(Name, TypeId)> = match self.cx.container_of(from) {
            Some(from) if is_anonymous_struct(self.cx, from) => {
                fields(self.cx, from).iter().map(|field| (field.name, field.ty)).collect()
            }
            None if values.is_empty() => Vec::new(),
            _ => return None,
        };
        let all = fields(self.cx, id);
        if self.cx.containers[id].kind == ContainerKind::Union {
            let [(name, ty)] = given[..] else { return None };
            let field = all.iter().position(|field| field.name == name)?;
            let payload = self.known_as(ty, &values[0], all[field].ty)?;
            return Some(Value::Union { field: field as u32, payload: Rc::new(payload) });
        }
        if given.iter().any(|(name, _)| all.iter().all(|field| field.name != *name)) {
            return None;
        }
        let mut parts = Vec::new();
        for field in all.iter() {
            parts.push(match given.iter().position(|(name, _)| *name == field.name) {
                Some(at) => self.known_as(given[at].1, &values[at], field.ty)?,
                None => field.value.clone()?,
            });
        }
        Some(Value::Aggregate(parts.into()))
    }

    /// The value of an expression that must be known while compiling.
    pub fn known(&mut self, expr: &ast::Expr, expected: Option<TypeId>) -> Option<Known> {
        let checked = match &*expr.kind {
            ast::ExprKind::Block(block) => {
                let value = self.comptime_block(block, expected);
                expected.map_or(value.clone(), |ty| self.coerce(value, ty))
            }
            _ => self.comptime(|checker| checker.expr(expr, expected)),
        };
        self.force(checked)
    }

    /// Checks something that run-time names cannot reach into.
    pub(super) fn comptime<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        let depth = self.depth();
        let floor = std::mem::replace(&mut self.floor, depth);
        self.comptime_depth += 1;
        let result = inside(self);
        self.comptime_depth -= 1;
        self.floor = floor;
        result
    }

    /// The value of a checked expression, evaluated where it did not fold.
    pub(super) fn force(&mut self, expr: Expr) -> Option<Known> {
        if expr.is_poison() {
            return None;
        }
        let ty = expr.ty;
        let value = match *expr.kind {
            Kind::Const(value) => value,
            _ => self.evaluate(expr)?,
        };
        Some(Known { ty, value })
    }

    fn evaluate(&mut self, expr: Expr) -> Option<Value> {
        let (ty, span) = (expr.ty, expr.span);
        if ty == TypeId::NORETURN {
            self.error(codes::HOST005, span, "this must be known while compiling, and has no value");
            return None;
        }
        if self.cx.is_comptime_only(ty) {
            let name = self.cx.type_name(ty);
            self.error(
                codes::HOST005,
                span,
                format!("this value of type `{name}` is not known while compiling"),
            );
            return None;
        }
        if let Some(value) = self.cx.only_value(ty)
            && matches!(*expr.kind, Kind::Read(_))
        {
            return Some(value);
        }
        let mark = self.cx.sink.len();
        let value = crate::evaluate::evaluate(self.cx, &self.body, &expr);
        if value.is_none() && self.cx.sink.len() == mark {
            self.error(codes::HOST005, span, "this cannot be evaluated while compiling");
        }
        value
    }
}

use super::coerce::is_anonymous as is_anonymous_struct;
