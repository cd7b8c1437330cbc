//! The control words: `if`, `for`, `capture`, `const`.
//!
//! In: a call of a word and its continuations. Out: branches, loops and variables; nothing of the word
//! itself remains. An accumulator is a variable; `captured` assigns all its fields at once.

use super::annotations::Word;
use super::flow::{Capture, Typing, choice, nothing, sequence};
use super::taps::Transition;
use crate::ids::{LocalId, TypeId};
use crate::tree::{Binary, Compare, Convert, Expr, Kind, Place};
use crate::types::{Pointer, Type};
use crate::value::Value;
use koru_base::codes::*;
use koru_base::{Diagnostic, Name, Span};
use koru_syntax::ast::host::{self, ExprKind, PointerSize};
use koru_syntax::ast::{
    ArgValue, Call, Constructor, ConstructorBody, ConstructorField, Continuation, Pattern,
};

impl Typing<'_, '_> {
    pub(super) fn word(
        &mut self,
        word: Word,
        through: Transition,
        call: &Call,
        arms: &[Continuation],
        span: Span,
    ) -> Expr {
        match word {
            Word::If => self.word_if(through, call, arms, span),
            Word::For => self.word_for(through, call, arms, span),
            Word::Capture => self.word_capture(through, call, arms, span),
            Word::Const => self.word_const(through, call, arms, span),
            Word::Format(function) => {
                let made = self.word_format(function, through.source, call, span);
                self.then_void_arms(made, arms, through, span)
            }
            Word::Tap
            | Word::Config
            | Word::Requires
            | Word::Variants
            | Word::Command
            | Word::CommandBy(_)
            | Word::BuildBy(_)
            | Word::Flag => nothing(span),
        }
    }

    /// The one argument of a word, as an expression.
    fn only_argument(&mut self, call: &Call) -> Option<host::Expr> {
        let problem = match call.args.as_slice() {
            [arg] => match &arg.value {
                ArgValue::Expr(expr) => return Some(expr.clone()),
                ArgValue::Text(problem) => (**problem).clone(),
                ArgValue::Range(..) => Diagnostic::new(KORU082, arg.text, "a range is no value here"),
            },
            [] => {
                let message = format!("`{}` needs its argument", call.path.name.name);
                Diagnostic::new(KORU080, call.path.span, message)
            }
            _ => {
                let message = format!("`{}` takes one argument", call.path.name.name);
                Diagnostic::new(KORU081, call.path.span, message)
            }
        };
        self.body.cx.sink.report(problem);
        None
    }

    fn word_if(&mut self, through: Transition, call: &Call, arms: &[Continuation], span: Span) -> Expr {
        let Some(condition) = self.only_argument(call) else { return nothing(span) };
        let condition = self.body.condition(&condition);
        self.is_broken |= condition.ty == TypeId::ERROR;
        let then = self.side(&through, "then", call, arms);
        let otherwise = self.side(&through, "else", call, arms);
        choice(condition, then, Some(otherwise), span)
    }

    /// One way an `if` goes.
    fn side(&mut self, through: &Transition, name: &str, call: &Call, arms: &[Continuation]) -> Expr {
        let name = Name::new(name);
        let catches_all = arms.iter().any(|arm| matches!(arm.pattern, Pattern::CatchAll { .. }));
        match find(arms, name.as_str()) {
            None if !catches_all => self.unhandled(through, call, name, None).body,
            _ => self.arm_named(through, name.as_str(), arms),
        }
    }

    /// The arm of a word that carries nothing.
    fn arm_named(&mut self, through: &Transition, name: &str, arms: &[Continuation]) -> Expr {
        let rest = || arms.iter().find(|arm| matches!(arm.pattern, Pattern::CatchAll { .. }));
        let arm = find(arms, name).or_else(rest);
        let answer = self.observe(through, Name::new(name), arm);
        self.body.enter();
        if let Some(binding) = arm.and_then(|arm| arm.binding.as_ref()) {
            self.body.bind(binding.name.name, TypeId::ERROR, binding.name.span, false);
        }
        let made = self.continuation(arm, &answer, None);
        self.body.leave();
        made
    }

    fn word_for(&mut self, through: Transition, call: &Call, arms: &[Continuation], span: Span) -> Expr {
        let range = match call.args.as_slice() {
            [arg] => match &arg.value {
                ArgValue::Range(start, end) => Some((start.clone(), end.clone())),
                _ => None,
            },
            _ => None,
        };
        self.body.enter();
        let looped = match range {
            Some((start, Some(end))) => self.for_range(&start, &end, &through, arms),
            Some((start, None)) => {
                let open = Diagnostic::new(KORU082, start.span, "a range needs an end here");
                self.body.cx.sink.report(open.help("write `for(a..b)`"));
                nothing(span)
            }
            None => match self.only_argument(call) {
                Some(items) => self.for_items(&items, &through, arms, span),
                None => nothing(span),
            },
        };
        self.body.leave();
        let done = self.arm_named(&through, "done", arms);
        sequence(vec![looped, done], span)
    }

    fn for_range(
        &mut self,
        start: &host::Expr,
        end: &host::Expr,
        through: &Transition,
        arms: &[Continuation],
    ) -> Expr {
        let start = self.body.expr(start, Some(TypeId::USIZE));
        let end = self.body.expr(end, Some(TypeId::USIZE));
        self.counted(start, end, through, arms, |_, at| at)
    }

    fn for_items(
        &mut self,
        items: &host::Expr,
        through: &Transition,
        arms: &[Continuation],
        span: Span,
    ) -> Expr {
        let items = self.body.expr(items, None);
        let Some((slice, child)) = self.as_slice(items) else { return nothing(span) };
        let ty = slice.ty;
        let (local, define) = self.define("(items)", slice, false);
        let read = move || expr(ty, span, Kind::Read(Place::Local(local)));
        let len = expr(TypeId::USIZE, span, Kind::SliceLen(read()));
        let zero = expr(TypeId::USIZE, span, Kind::Const(Value::int(0)));
        let looped = self.counted(zero, len, through, arms, |_, at| {
            expr(child, span, Kind::Read(Place::Index { pointer: read(), index: at, len: None }))
        });
        sequence(vec![define, looped], span)
    }

    /// Runs the `each` arm for every number from `start` up to `end`.
    fn counted(
        &mut self,
        start: Expr,
        end: Expr,
        through: &Transition,
        arms: &[Continuation],
        element: impl FnOnce(&mut Self, Expr) -> Expr,
    ) -> Expr {
        let span = through.span;
        let (end_local, define_end) = self.define("(end)", end, false);
        let (at_local, define_at) = self.define("(at)", start, true);
        let number = |local| expr(TypeId::USIZE, span, Kind::Read(Place::Local(local)));
        let condition = Kind::Compare { op: Compare::Less, left: number(at_local), right: number(end_local) };
        let one = expr(TypeId::USIZE, span, Kind::Const(Value::int(1)));
        let next = Kind::Binary { op: Binary::AddWrap, left: number(at_local), right: one };
        let value = expr(TypeId::USIZE, span, next);
        let step = expr(TypeId::VOID, span, Kind::Assign { place: Place::Local(at_local), value });
        let element = element(self, number(at_local));
        let body = self.each(element, through, arms, span);
        let label = self.body.new_label();
        let condition = Some(expr(TypeId::BOOL, span, condition));
        let looped = Kind::Loop { label, condition, body, step: Some(step), otherwise: None };
        sequence(vec![define_end, define_at, expr(TypeId::VOID, span, looped)], span)
    }

    fn each(&mut self, element: Expr, through: &Transition, arms: &[Continuation], span: Span) -> Expr {
        let arm = find(arms, "each");
        let answer = self.observe(through, Name::new("each"), arm);
        self.body.enter();
        let mut stmts = Vec::new();
        let local = self.payload_local(arm, element.ty, false, &answer);
        if let Some(local) = local {
            stmts.push(expr(TypeId::VOID, span, Kind::Let { local, value: Some(element) }));
        }
        stmts.push(self.continuation(arm, &answer, local));
        self.body.leave();
        let span = arm.map_or(span, |arm| arm.span);
        let body = sequence(stmts, span);
        // A round whose every path jumps away is still a round to the loop around it.
        expr(TypeId::VOID, span, Kind::Block { label: None, stmts: vec![body] })
    }

    /// The items as a slice, and their type.
    fn as_slice(&mut self, items: Expr) -> Option<(Expr, TypeId)> {
        let types = &self.body.cx.types;
        let (array, is_value) = match types.get(items.ty) {
            Type::Error => return None,
            Type::Pointer(Pointer { size: PointerSize::Slice, child, .. }) => {
                return Some((items.clone(), *child));
            }
            Type::Pointer(Pointer { size: PointerSize::One, child, .. }) => (*child, false),
            _ => (items.ty, true),
        };
        let Type::Array { child, .. } = *types.get(array) else {
            let message = "`for` takes a range, an array or a slice";
            self.body.cx.sink.report(Diagnostic::new(KORU082, items.span, message));
            return None;
        };
        let span = items.span;
        let address = if is_value {
            let ty = self.body.cx.types.pointer(array, true);
            expr(ty, span, Kind::AddressOf(Place::Temporary(items)))
        } else {
            items
        };
        let ty = self.body.cx.types.slice(child, true);
        Some((expr(ty, span, Kind::Convert { how: Convert::ArrayToSlice, operand: address }), child))
    }

    /// A local of the compiler's own with a first value.
    fn define(&mut self, name: &str, value: Expr, is_mutable: bool) -> (LocalId, Expr) {
        let span = value.span;
        let local = self.body.bind(Name::new(name), value.ty, span, is_mutable);
        (local, expr(TypeId::VOID, span, Kind::Let { local, value: Some(value) }))
    }

    fn word_capture(&mut self, through: Transition, call: &Call, arms: &[Continuation], span: Span) -> Expr {
        let Some(start) = self.only_argument(call) else { return nothing(span) };
        let start = self.body.expr(&start, None);
        if !self.is_record(&start) {
            return nothing(span);
        }
        let ty = start.ty;
        let (local, define) = self.define("(captured)", start, true);
        let mut stmts = vec![define];
        for (name, inside) in [("as", true), ("captured", false)] {
            let arm = find(arms, name);
            let answer = self.observe(&through, Name::new(name), arm);
            self.body.enter();
            let binding = arm.and_then(|arm| arm.binding.as_ref()).map(|binding| binding.name);
            if let Some(binding) = binding {
                self.body.bind_local(binding.name, binding.span, local);
            }
            if inside {
                self.captures.push(Capture { binding: binding.map(|binding| binding.name), local, ty });
            }
            stmts.push(self.continuation(arm, &answer, Some(local)));
            if inside {
                self.captures.pop();
            }
            self.body.leave();
        }
        sequence(stmts, span)
    }

    /// Has the value fields that all have a definite type?
    fn is_record(&mut self, value: &Expr) -> bool {
        let Type::Container(container) = *self.body.cx.types.get(value.ty) else {
            if value.ty != TypeId::ERROR {
                let wrong = Diagnostic::new(KORU082, value.span, "`capture` takes a record");
                self.body.cx.sink.report(wrong.help("write `capture({ total: @as(i64, 0) })`"));
            }
            return false;
        };
        let fields = crate::host::fields(self.body.cx, container);
        let loose = fields.iter().find(|field| {
            matches!(
                field.ty,
                TypeId::COMPTIME_INT | TypeId::COMPTIME_FLOAT | TypeId::ENUM_LITERAL | TypeId::NULL
            )
        });
        if let Some(field) = loose {
            let message = format!("field `{}` of a `capture` needs a definite type", field.name);
            let wrong = Diagnostic::new(HOST017, value.span, message);
            self.body.cx.sink.report(wrong.help(format!("write `{}: @as(i64, ..)`", field.name)));
        }
        loose.is_none()
    }

    fn word_const(&mut self, through: Transition, call: &Call, arms: &[Continuation], span: Span) -> Expr {
        let Some(value) = self.only_argument(call) else { return nothing(span) };
        let value = self.body.expr(&value, None);
        let Some(arm) = find(arms, "as") else { return nothing(span) };
        let answer = self.observe(&through, Name::new("as"), Some(arm));
        self.body.enter();
        let name = arm.binding.as_ref().map_or(Name::new("_"), |binding| binding.name.name);
        let at = arm.binding.as_ref().map_or(arm.span, |binding| binding.name.span);
        let local = self.body.bind(name, value.ty, at, false);
        let define = expr(TypeId::VOID, span, Kind::Let { local, value: Some(value) });
        let rest = self.continuation(Some(arm), &answer, Some(local));
        self.body.leave();
        sequence(vec![define, rest], span)
    }

    /// `captured { f: e, .. }`: all right sides first, then all assignments.
    pub(super) fn captured(&mut self, made: &Constructor) -> Expr {
        let ConstructorBody::Fields(fields) = &made.body else { return nothing(made.span) };
        self.body.enter();
        let (mut values, mut assignments) = (Vec::new(), Vec::new());
        for field in fields {
            if let Some((place, ty)) = self.target(field) {
                let value = self.body.expr(&field.value, Some(ty));
                let (local, define) = self.define("(new)", value, false);
                let value = expr(ty, made.span, Kind::Read(Place::Local(local)));
                values.push(define);
                assignments.push(expr(TypeId::VOID, made.span, Kind::Assign { place, value }));
            }
        }
        self.body.leave();
        values.append(&mut assignments);
        sequence(values, made.span)
    }

    /// The field of an accumulator that a part of `captured` names: `f`, `outer.f`, `f[i]`.
    fn target(&mut self, field: &ConstructorField) -> Option<(Place, TypeId)> {
        if let Some(target) = &field.target {
            return self.target_path(target);
        }
        let pun = || super::arguments::path_end(&field.value);
        let name = field.name.map(|name| name.name).or_else(pun)?;
        let span = field.name.map_or(field.value.span, |name| name.span);
        for index in (0..self.captures.len()).rev() {
            if let Some(found) = self.field_of(index, name) {
                return Some(found);
            }
        }
        self.unknown_field(name, span)
    }

    fn target_path(&mut self, target: &host::Expr) -> Option<(Place, TypeId)> {
        match &*target.kind {
            ExprKind::Field { base, name } => {
                let outer = super::arguments::path_end(base)?;
                let index = self.captures.iter().rposition(|capture| capture.binding == Some(outer))?;
                match self.field_of(index, name.name) {
                    Some(found) => Some(found),
                    None => self.unknown_field(name.name, name.span),
                }
            }
            ExprKind::Name(name) => {
                let index =
                    (0..self.captures.len()).rev().find(|&index| self.field_of(index, *name).is_some())?;
                self.field_of(index, *name)
            }
            ExprKind::Index { base, index } => {
                let (base, base_ty) = self.target_path(base)?;
                let Type::Array { child, .. } = *self.body.cx.types.get(base_ty) else { return None };
                let index = self.body.expr(index, Some(TypeId::USIZE));
                Some((Place::Element { base: Box::new(base), base_ty, index }, child))
            }
            _ => None,
        }
    }

    fn field_of(&mut self, capture: usize, name: Name) -> Option<(Place, TypeId)> {
        let Capture { local, ty, .. } = self.captures[capture];
        let Type::Container(container) = *self.body.cx.types.get(ty) else { return None };
        let fields = crate::host::fields(self.body.cx, container);
        let index = fields.iter().position(|field| field.name == name)?;
        let place = Place::Field { base: Box::new(Place::Local(local)), base_ty: ty, field: index as u32 };
        Some((place, fields[index].ty))
    }

    fn unknown_field(&mut self, name: Name, span: Span) -> Option<(Place, TypeId)> {
        let message = format!("no accumulator here has a field `{name}`");
        self.body.cx.sink.report(Diagnostic::new(HOST003, span, message));
        None
    }
}

fn find<'a>(arms: &'a [Continuation], name: &str) -> Option<&'a Continuation> {
    arms.iter().find(|arm| matches!(&arm.pattern, Pattern::Branch(branch) if branch.name == name))
}

fn expr(ty: TypeId, span: Span, kind: Kind) -> Expr {
    Expr { ty, span, kind: Box::new(kind) }
}
