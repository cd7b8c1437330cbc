//! Checked code as text, for `--emit hir` and for tests: one statement a line, types where they matter.

use super::*;
use crate::Context;
use std::fmt::Write;

/// The code of a body.
pub fn dump(cx: &Context, body: &Body) -> String {
    let printer = Printer { cx, body };
    let params: Vec<String> = body
        .params
        .iter()
        .map(|&param| format!("{}: {}", printer.local(param), printer.ty(body.locals[param].ty)))
        .collect();
    let root = body.root.as_ref().map_or(String::new(), |root| printer.statement(root, 0));
    format!("({})\n{root}", params.join(", "))
}

struct Printer<'a, 'w> {
    cx: &'a Context<'w>,
    body: &'a Body,
}

impl Printer<'_, '_> {
    fn ty(&self, ty: TypeId) -> String {
        self.cx.type_name(ty)
    }

    fn local(&self, local: LocalId) -> String {
        format!("{}.{}", self.body.locals[local].name, local.0)
    }

    /// A statement on lines of its own.
    fn statement(&self, expr: &Expr, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        match &*expr.kind {
            Kind::Block { label, stmts } => {
                let inner: String = stmts.iter().map(|stmt| self.statement(stmt, depth + 1)).collect();
                let label = label.map_or(String::new(), |label| format!(" {label}"));
                format!("{indent}block{label}{}\n{inner}", self.result(expr))
            }
            Kind::Loop { label, condition, body, step, otherwise } => {
                let mut text = format!("{indent}loop {label}{}", self.result(expr));
                for (word, part) in [("while", condition), ("step", step)] {
                    if let Some(part) = part {
                        let _ = write!(text, " {word} {}", self.expr(part));
                    }
                }
                let _ = write!(text, "\n{}", self.statement(body, depth + 1));
                self.otherwise(&mut text, otherwise, depth);
                text
            }
            Kind::If { condition, then, otherwise } => {
                let mut text = format!("{indent}if {}{}\n", self.expr(condition), self.result(expr));
                text.push_str(&self.statement(then, depth + 1));
                self.otherwise(&mut text, otherwise, depth);
                text
            }
            Kind::IfSome { operand, payload, then, otherwise, .. } => {
                let payload = payload.map_or("_".into(), |payload| self.local(payload));
                let mut text =
                    format!("{indent}if some {payload} = {}{}\n", self.expr(operand), self.result(expr));
                text.push_str(&self.statement(then, depth + 1));
                self.otherwise(&mut text, otherwise, depth);
                text
            }
            Kind::IfOk { operand, payload, then, error, otherwise, .. } => {
                let payload = payload.map_or("_".into(), |payload| self.local(payload));
                let mut text =
                    format!("{indent}if ok {payload} = {}{}\n", self.expr(operand), self.result(expr));
                text.push_str(&self.statement(then, depth + 1));
                if let Some(otherwise) = otherwise {
                    let error = error.map_or("_".into(), |error| self.local(error));
                    let _ = write!(text, "{indent}else {error}\n{}", self.statement(otherwise, depth + 1));
                }
                text
            }
            Kind::Switch { operand, cases, otherwise } => self.switch(expr, operand, cases, otherwise, depth),
            Kind::EventCall { callee, args, arms, label } => {
                let label = label.map_or(String::new(), |label| format!("{label} "));
                let mut text = format!("{indent}{label}{}({})\n", self.instance(*callee), self.list(args));
                for arm in arms {
                    let payload = arm.payload.map_or("_".into(), |payload| self.local(payload));
                    let _ = write!(text, "{indent}| {payload}\n{}", self.statement(&arm.body, depth + 1));
                }
                text
            }
            _ => format!("{indent}{}\n", self.expr(expr)),
        }
    }

    fn switch(
        &self,
        expr: &Expr,
        operand: &Expr,
        cases: &[SwitchCase],
        otherwise: &Option<Expr>,
        depth: usize,
    ) -> String {
        let indent = "  ".repeat(depth);
        let mut text = format!("{indent}switch {}{}\n", self.expr(operand), self.result(expr));
        for case in cases {
            let value = |value: &Value| self.cx.value_name(operand.ty, value);
            let ranges: Vec<String> = case
                .ranges
                .iter()
                .map(
                    |(low, high)| {
                        if low == high { value(low) } else { format!("{}..{}", value(low), value(high)) }
                    },
                )
                .collect();
            let _ = write!(text, "{indent}{}:\n{}", ranges.join(", "), self.statement(&case.body, depth + 1));
        }
        self.otherwise(&mut text, otherwise, depth);
        text
    }

    fn otherwise(&self, text: &mut String, otherwise: &Option<Expr>, depth: usize) {
        if let Some(otherwise) = otherwise {
            let _ = write!(text, "{}else\n{}", "  ".repeat(depth), self.statement(otherwise, depth + 1));
        }
    }

    fn result(&self, expr: &Expr) -> String {
        match expr.ty {
            TypeId::VOID => String::new(),
            ty => format!(" -> {}", self.ty(ty)),
        }
    }

    fn instance(&self, id: InstanceId) -> String {
        self.cx.instances[id].name.to_string()
    }

    fn list(&self, all: &[Expr]) -> String {
        let parts: Vec<String> = all.iter().map(|expr| self.expr(expr)).collect();
        parts.join(", ")
    }

    fn option(&self, word: &str, expr: &Option<Expr>) -> String {
        expr.as_ref().map_or(word.to_owned(), |expr| format!("{word} {}", self.expr(expr)))
    }

    /// An expression on one line.
    fn expr(&self, expr: &Expr) -> String {
        let ty = || self.ty(expr.ty);
        match &*expr.kind {
            Kind::Const(value) => match value {
                Value::Int(_) | Value::Float(_) | Value::Undefined => {
                    format!("{}: {}", self.cx.value_name(expr.ty, value), ty())
                }
                value => self.value(expr.ty, value),
            },
            Kind::Read(place) => self.place(place),
            Kind::AddressOf(place) => format!("&{}", self.place(place)),
            Kind::Assign { place, value } => format!("{} = {}", self.place(place), self.expr(value)),
            Kind::Unary { op, operand } => format!("{op:?}({})", self.expr(operand)),
            Kind::Binary { op, left, right } => format!("{op:?}({}, {})", self.expr(left), self.expr(right)),
            Kind::Compare { op, left, right } => format!("{op:?}({}, {})", self.expr(left), self.expr(right)),
            Kind::And { left, right } => format!("({} and {})", self.expr(left), self.expr(right)),
            Kind::Or { left, right } => format!("({} or {})", self.expr(left), self.expr(right)),
            Kind::Convert { how, operand } => format!("{}<{how:?}>({})", ty(), self.expr(operand)),
            Kind::Aggregate(parts) => format!("{}{{{}}}", ty(), self.list(parts)),
            Kind::Splat { value } => format!("{}{{{} ..}}", ty(), self.expr(value)),
            Kind::UnionInit { field, payload } => {
                format!("{}{{{}}}", ty(), self.option(&format!(".{field} ="), payload))
            }
            Kind::Slice { pointer, start, end, .. } => {
                format!("{}[{}..{}]", self.expr(pointer), self.expr(start), self.expr(end))
            }
            Kind::Some(inner) => format!("some({})", self.expr(inner)),
            Kind::Payload(inner) => format!("ok({})", self.expr(inner)),
            Kind::Failure(inner) => format!("fail({})", self.expr(inner)),
            Kind::SliceLen(inner) => format!("{}.len", self.expr(inner)),
            Kind::SlicePointer(inner) => format!("{}.ptr", self.expr(inner)),
            Kind::UnionTag(inner) => format!("tag({})", self.expr(inner)),
            Kind::IsNull(inner) => format!("is_null({})", self.expr(inner)),
            Kind::IsError(inner) => format!("is_error({})", self.expr(inner)),
            Kind::Unwrap(inner) => format!("{}.?", self.expr(inner)),
            Kind::ErrorOf(inner) => format!("error_of({})", self.expr(inner)),
            Kind::PayloadOf(inner) => format!("payload_of({})", self.expr(inner)),
            Kind::Call { callee, args } => match callee {
                Callee::Instance(id) => format!("{}({})", self.instance(*id), self.list(args)),
                Callee::Pointer(pointer) => format!("({})({})", self.expr(pointer), self.list(args)),
            },
            Kind::Intrinsic { op, args } => format!("@{op:?}({})", self.list(args)),
            Kind::Let { local, value } => {
                let word = if self.body.locals[*local].is_mutable { "var" } else { "let" };
                let name =
                    format!("{word} {}: {} =", self.local(*local), self.ty(self.body.locals[*local].ty));
                match value {
                    Some(value) => format!("{name} {}", self.expr(value)),
                    None => format!("{name} undefined"),
                }
            }
            Kind::Break { label, value } => self.option(&format!("break {label}"), value),
            Kind::Continue { label } => format!("continue {label}"),
            Kind::Return(value) => self.option("return", value),
            Kind::Defer { body } => format!("defer {}", self.expr(body)),
            Kind::ErrDefer { body, .. } => format!("errdefer {}", self.expr(body)),
            Kind::Unreachable => "unreachable".into(),
            Kind::Jump { label, args } => format!("jump {label}({})", self.list(args)),
            Kind::Exit { branch, payload } => self.option(&format!("exit {branch}"), payload),
            _ => format!("({})", flat(&self.statement(expr, 0))),
        }
    }

    fn value(&self, ty: TypeId, value: &Value) -> String {
        match value {
            Value::Aggregate(_) | Value::Union { .. } => format!("{}{{..}}", self.ty(ty)),
            value => self.cx.value_name(ty, value),
        }
    }

    fn place(&self, place: &Place) -> String {
        match place {
            Place::Local(local) => self.local(*local),
            Place::Global(global) => self.cx.globals[*global].name.to_string(),
            Place::Deref(pointer) => format!("{}.*", self.expr(pointer)),
            Place::Field { base, field, .. } => format!("{}.{field}", self.place(base)),
            Place::Element { base, index, .. } => format!("{}[{}]", self.place(base), self.expr(index)),
            Place::Index { pointer, index, .. } => format!("{}[{}]", self.expr(pointer), self.expr(index)),
            Place::UnionPayload { base, field, .. } => format!("{}.<{field}>", self.place(base)),
            Place::OptionalPayload { base, .. } => format!("{}.<some>", self.place(base)),
            Place::Temporary(value) => format!("temp({})", self.expr(value)),
        }
    }
}

/// Several lines as one.
fn flat(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("; ")
}
