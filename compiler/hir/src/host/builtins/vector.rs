//! Vectors: several numbers in one register.

use super::*;

impl BodyChecker<'_, '_> {
    pub(super) fn vector_builtin(&mut self, it: Use) -> Option<Expr> {
        let checked = match it.word() {
            "Vector" => self.vector_type(it),
            "splat" => self.splat(it),
            "reduce" => self.reduce(it),
            "select" => self.select(it),
            "shuffle" => self.shuffle(it),
            _ => return None,
        };
        Some(checked.unwrap_or(poison(it.span)))
    }

    fn vector_type(&mut self, it: Use) -> Option<Expr> {
        let [len, child] = self.exactly::<2>(it)?;
        let len = self.known_number(len)?;
        let child = self.check_type(child);
        let is_fine = child == TypeId::BOOL
            || self.cx.integer(child).is_some()
            || matches!(self.cx.ty(child), Type::Float(_) | Type::Pointer(_));
        if !is_fine {
            let name = self.cx.type_name(child);
            return Some(self.error(codes::HOST002, it.span, format!("a vector cannot be made of `{name}`")));
        }
        let ty = self.cx.types.intern(Type::Vector { len: u32::try_from(len).ok()?, child });
        Some(scope::type_expr(ty, it.span))
    }

    fn splat(&mut self, it: Use) -> Option<Expr> {
        let [value] = self.exactly::<1>(it)?;
        let ty = self.target_type(it)?;
        let (len, child) = match *self.cx.ty(ty) {
            Type::Vector { len, child } => (u64::from(len), child),
            Type::Array { len, child, .. } => (len, child),
            _ => {
                let name = self.cx.type_name(ty);
                return Some(self.error(
                    codes::HOST002,
                    it.span,
                    format!("`@splat` makes a vector, and `{name}` is wanted"),
                ));
            }
        };
        let value = self.operand(value, Some(child))?;
        if let Some(known) = value.value() {
            let values = vec![known.clone(); usize::try_from(len).ok()?];
            let value = match self.cx.ty(ty) {
                Type::Array { .. } => query::array_value(child, values),
                _ => Value::Aggregate(values.into()),
            };
            return Some(Expr::constant(ty, it.span, value));
        }
        Some(match self.cx.ty(ty) {
            Type::Array { .. } => Expr::new(ty, it.span, Kind::Splat { value }),
            _ => intrinsic(ty, it.span, Intrinsic::SplatVector, vec![value]),
        })
    }

    fn reduce(&mut self, it: Use) -> Option<Expr> {
        let [op, value] = self.exactly::<2>(it)?;
        let ty = self.builtin_type("ReduceOp");
        let known = self.known(op, Some(ty))?;
        let Value::Int(number) = &known.value else { return None };
        let op = match self.cx.enum_value(ty, number)?.as_str() {
            "And" => Binary::BitAnd,
            "Or" => Binary::BitOr,
            "Xor" => Binary::BitXor,
            "Min" => Binary::Min,
            "Max" => Binary::Max,
            "Add" => Binary::AddWrap,
            _ => Binary::MulWrap,
        };
        let value = self.operand(value, None)?;
        let Type::Vector { child, .. } = *self.cx.ty(value.ty) else {
            return Some(self.wrong_operand(it, &value, "a vector"));
        };
        let op = match (op, self.cx.is_float(child)) {
            (Binary::AddWrap, true) => Binary::Add,
            (Binary::MulWrap, true) => Binary::Mul,
            (op, _) => op,
        };
        Some(intrinsic(child, it.span, Intrinsic::Reduce(op), vec![value]))
    }

    fn select(&mut self, it: Use) -> Option<Expr> {
        let [child, condition, left, right] = self.exactly::<4>(it)?;
        let child = self.check_type(child);
        let condition = self.operand(condition, None)?;
        let Type::Vector { len, .. } = *self.cx.ty(condition.ty) else {
            return Some(self.wrong_operand(it, &condition, "a vector of bool"));
        };
        let ty = self.cx.types.intern(Type::Vector { len, child });
        let (left, right) = (self.operand(left, Some(ty))?, self.operand(right, Some(ty))?);
        Some(intrinsic(ty, it.span, Intrinsic::Select, vec![condition, left, right]))
    }

    fn shuffle(&mut self, it: Use) -> Option<Expr> {
        let [child, left, right, mask] = self.exactly::<4>(it)?;
        let child = self.check_type(child);
        let left = self.operand(left, None)?;
        let right = self.operand(right, None)?;
        let mask = self.known(mask, None)?;
        let lanes: Option<Vec<i32>> = query::elements(&mask.value)?
            .iter()
            .map(|lane| match lane {
                Value::Int(number) => number.to_i32(),
                _ => Some(0),
            })
            .collect();
        let lanes = lanes?;
        let ty = self.cx.types.intern(Type::Vector { len: lanes.len() as u32, child });
        let right = if right.ty == TypeId::UNDEFINED { self.coerce(right, left.ty) } else { right };
        Some(intrinsic(ty, it.span, Intrinsic::Shuffle(lanes), vec![left, right]))
    }
}
