//! Parts of structs, tuples, unions and arrays: reading one, building one from another.

use super::coerce::sequence;
use super::scope::poison;
use super::*;

impl BodyChecker<'_, '_> {
    /// A field of a tuple or struct, or an element of an array, by number.
    pub(super) fn part_of(&mut self, base: Expr, index: u64, span: Span) -> Expr {
        let base_ty = base.ty;
        match self.cx.ty(base_ty).clone() {
            Type::Tuple(all) => {
                let Some(field) = all.get(index as usize) else { return poison(span) };
                match &field.value {
                    Some(value) => Expr::constant(field.ty, span, value.clone()),
                    None => self.read_field(base, index as u32, field.ty, span),
                }
            }
            Type::Array { child, .. } | Type::Vector { child, .. } => {
                if let Some(value) = base.value().and_then(|value| constants::element(value, index)) {
                    return Expr::constant(child, span, value);
                }
                let index = Expr::constant(TypeId::USIZE, span, Value::int(index));
                let base = Box::new(self.place_of(base));
                self.read(Place::Element { base, base_ty, index }, child, span)
            }
            Type::Container(id) => {
                let all = fields(self.cx, id);
                let Some(field) = all.get(index as usize) else { return poison(span) };
                match &field.value {
                    Some(value) if field.is_comptime => Expr::constant(field.ty, span, value.clone()),
                    _ => self.read_field(base, index as u32, field.ty, span),
                }
            }
            _ => poison(span),
        }
    }

    /// Reads a field in memory, or of a known value.
    pub(super) fn read_field(&mut self, base: Expr, field: u32, ty: TypeId, span: Span) -> Expr {
        if let Some(Value::Aggregate(values)) = base.value()
            && let Some(value) = values.get(field as usize)
        {
            return Expr::constant(ty, span, value.clone());
        }
        let base_ty = base.ty;
        let base = Box::new(self.place_of(base));
        self.read(Place::Field { base, base_ty, field }, ty, span)
    }

    /// The number of a union's field in the enum that tags it.
    pub(super) fn tag_value(&mut self, union: TypeId, field: u32) -> Option<Value> {
        let tag = self.cx.union_tag(union)?;
        let id = self.cx.container_of(union)?;
        let name = fields(self.cx, id).get(field as usize)?.name;
        let tag = self.cx.container_of(tag)?;
        fields(self.cx, tag).iter().find(|value| value.name == name)?.value.clone()
    }

    /// The union's field that a tag's number stands for.
    pub(super) fn field_of_tag(&mut self, union: TypeId, tag: TypeId, value: &Value) -> Option<u32> {
        let tag = self.cx.container_of(tag)?;
        let name = fields(self.cx, tag).iter().find(|field| field.value.as_ref() == Some(value))?.name;
        let id = self.cx.container_of(union)?;
        fields(self.cx, id).iter().position(|field| field.name == name).map(|at| at as u32)
    }

    /// A struct from an anonymous one: fields by name, defaults for the rest.
    pub(super) fn struct_from_anonymous(
        &mut self,
        expr: Expr,
        to: TypeId,
        from: ContainerId,
        id: ContainerId,
    ) -> Result<Expr, Expr> {
        let (given, wanted) = (fields(self.cx, from), fields(self.cx, id));
        let is_known = given.iter().all(|field| wanted.iter().any(|other| other.name == field.name));
        let find = |name: Name| given.iter().position(|field| field.name == name);
        let is_whole = wanted.iter().all(|field| field.value.is_some() || find(field.name).is_some());
        if !is_known || !is_whole {
            return Err(expr);
        }
        for field in wanted.iter() {
            if let Some(at) = find(field.name)
                && given[at].ty != field.ty
                && given[at].value.is_none()
                && !self.fits(given[at].ty, field.ty)
            {
                return Err(expr);
            }
        }
        let span = expr.span;
        let (mut stmts, held) = self.hold(expr);
        let mut parts = Vec::new();
        for field in wanted.iter() {
            parts.push(match (find(field.name), &field.value) {
                (Some(at), _) => {
                    let part = self.part_of(held.clone(), at as u64, span);
                    self.coerce(part, field.ty)
                }
                (None, Some(value)) => Expr::constant(field.ty, span, value.clone()),
                (None, None) => poison(span),
            });
        }
        stmts.push(Expr::new(to, span, Kind::Aggregate(parts)));
        Ok(sequence(stmts, to, span))
    }

    /// A struct, tuple, array or vector of these parts; known where all of them are.
    pub(super) fn aggregate(&mut self, ty: TypeId, parts: Vec<Expr>, span: Span) -> Expr {
        if parts.iter().any(Expr::is_poison) {
            return poison(span);
        }
        let values: Option<Vec<Value>> = parts.iter().map(|part| part.value().cloned()).collect();
        let Some(values) = values else { return Expr::new(ty, span, Kind::Aggregate(parts)) };
        let value = match *self.cx.ty(ty) {
            Type::Array { child, .. } => query::array_value(child, values),
            _ => Value::Aggregate(values.into()),
        };
        Expr::constant(ty, span, value)
    }
}
