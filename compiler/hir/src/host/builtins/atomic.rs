//! Atomic operations. Orders are enum literals, or values of `builtin.AtomicOrder`.

use super::*;
use crate::tree::{Order, Update};

impl BodyChecker<'_, '_> {
    pub(super) fn atomic_builtin(&mut self, it: Use) -> Option<Expr> {
        let checked = match it.word() {
            "atomicLoad" => self.atomic_load(it),
            "atomicStore" => self.atomic_store(it),
            "atomicRmw" => self.atomic_update(it),
            "cmpxchgStrong" => self.exchange(it, false),
            "cmpxchgWeak" => self.exchange(it, true),
            "fence" => self.fence(it),
            _ => return None,
        };
        Some(checked.unwrap_or(poison(it.span)))
    }

    /// The name of a known enum value or literal.
    pub(super) fn known_name(&mut self, expr: &ast::Expr, of: &str) -> Option<Name> {
        let ty = self.builtin_type(of);
        let known = self.known(expr, Some(ty))?;
        match &known.value {
            Value::Int(number) => self.cx.enum_value(ty, number),
            _ => None,
        }
    }

    fn order(&mut self, expr: &ast::Expr) -> Option<Order> {
        Some(match self.known_name(expr, "AtomicOrder")?.as_str() {
            "unordered" => Order::Unordered,
            "monotonic" => Order::Monotonic,
            "acquire" => Order::Acquire,
            "release" => Order::Release,
            "acq_rel" => Order::AcquireRelease,
            _ => Order::SequentiallyConsistent,
        })
    }

    /// The element's type, and the pointer to it.
    fn cell(&mut self, ty: &ast::Expr, pointer: &ast::Expr, is_const: bool) -> Option<(TypeId, Expr)> {
        let ty = self.check_type(ty);
        if ty == TypeId::ERROR {
            return None;
        }
        let wanted = self.cx.types.pointer(ty, is_const);
        let pointer = self.expr(pointer, Some(wanted));
        (!pointer.is_poison()).then_some((ty, pointer))
    }

    fn atomic_load(&mut self, it: Use) -> Option<Expr> {
        let [ty, pointer, order] = self.exactly::<3>(it)?;
        let (ty, pointer) = self.cell(ty, pointer, true)?;
        let order = self.order(order)?;
        Some(intrinsic(ty, it.span, Intrinsic::AtomicLoad(order), vec![pointer]))
    }

    fn atomic_store(&mut self, it: Use) -> Option<Expr> {
        let [ty, pointer, value, order] = self.exactly::<4>(it)?;
        let (ty, pointer) = self.cell(ty, pointer, false)?;
        let value = self.operand(value, Some(ty))?;
        let order = self.order(order)?;
        Some(intrinsic(TypeId::VOID, it.span, Intrinsic::AtomicStore(order), vec![pointer, value]))
    }

    fn atomic_update(&mut self, it: Use) -> Option<Expr> {
        let [ty, pointer, op, value, order] = self.exactly::<5>(it)?;
        let (ty, pointer) = self.cell(ty, pointer, false)?;
        let update = match self.known_name(op, "AtomicRmwOp")?.as_str() {
            "Xchg" => Update::Exchange,
            "Add" => Update::Add,
            "Sub" => Update::Sub,
            "And" => Update::And,
            "Nand" => Update::Nand,
            "Or" => Update::Or,
            "Xor" => Update::Xor,
            "Max" => Update::Max,
            _ => Update::Min,
        };
        let value = self.operand(value, Some(ty))?;
        let order = self.order(order)?;
        Some(intrinsic(ty, it.span, Intrinsic::AtomicUpdate(update, order), vec![pointer, value]))
    }

    fn exchange(&mut self, it: Use, is_weak: bool) -> Option<Expr> {
        let [ty, pointer, expected, new, success, failure] = self.exactly::<6>(it)?;
        let (ty, pointer) = self.cell(ty, pointer, false)?;
        let (expected, new) = (self.operand(expected, Some(ty))?, self.operand(new, Some(ty))?);
        let (success, failure) = (self.order(success)?, self.order(failure)?);
        let optional = self.cx.types.optional(ty);
        let op = Intrinsic::CompareExchange { success, failure, is_weak };
        Some(intrinsic(optional, it.span, op, vec![pointer, expected, new]))
    }

    fn fence(&mut self, it: Use) -> Option<Expr> {
        let [order] = self.exactly::<1>(it)?;
        let order = self.order(order)?;
        Some(intrinsic(TypeId::VOID, it.span, Intrinsic::Fence(order), Vec::new()))
    }
}
