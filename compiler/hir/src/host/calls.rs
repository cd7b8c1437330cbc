//! Calls: of functions, methods, function pointers, handlers of events.
//!
//! Arguments are checked against parameters from left to right, since the type of a parameter may
//! depend on the ones before it.

use super::coerce::sequence;
use super::generics::Supplied;
use super::scope::poison;
use super::*;

/// An argument: as written, or a method's receiver.
pub(super) enum Arg<'a> {
    Written(&'a ast::Expr),
    Checked(Expr),
}

impl BodyChecker<'_, '_> {
    /// `callee(args)`
    pub(super) fn call(
        &mut self,
        callee: &ast::Expr,
        args: &[ast::Expr],
        span: Span,
        hint: Option<TypeId>,
    ) -> Expr {
        if let ast::ExprKind::Field { base, name } = &*callee.kind {
            return self.call_member(base, *name, args, span);
        }
        let callee = match &*callee.kind {
            // `.init(..)` calls a function of the type that is expected.
            ast::ExprKind::EnumLiteral(_) => {
                let target = hint.map(|hint| self.cx.literal_target(hint));
                self.infer(callee, target)
            }
            _ => self.infer(callee, None),
        };
        self.call_value(callee, None, args, span)
    }

    fn call_member(&mut self, base: &ast::Expr, name: Ident, args: &[ast::Expr], span: Span) -> Expr {
        let base = self.base(base);
        if base.is_poison() {
            self.check_lost(args);
            return base;
        }
        if let Some(Value::Event(event)) = base.value()
            && name.name == "handler"
        {
            return self.call_handler(*event, args, span);
        }
        if base.ty != TypeId::TYPE
            && !self.has_field(base.ty, name.name)
            && let Some((function, receiver)) = self.method(&base, name)
        {
            if receiver.as_ref().is_some_and(Expr::is_poison) {
                self.check_lost(args);
                return poison(span);
            }
            return self.call_function(function, receiver, args, span);
        }
        if base.ty != TypeId::TYPE && self.is_hidden(base.ty, name) {
            self.check_lost(args);
            return poison(span);
        }
        let callee = self.member(base, name, span);
        self.call_value(callee, None, args, span)
    }

    /// Checks arguments of a call that cannot be made, for their own mistakes.
    fn check_lost(&mut self, args: &[ast::Expr]) {
        for arg in args {
            if !matches!(&*arg.kind, ast::ExprKind::EnumLiteral(_) | ast::ExprKind::Literal { ty: None, .. })
            {
                self.infer(arg, Some(TypeId::ERROR));
            }
        }
    }

    fn call_value(&mut self, callee: Expr, receiver: Option<Expr>, args: &[ast::Expr], span: Span) -> Expr {
        if callee.is_poison() {
            self.check_lost(args);
            return callee;
        }
        match callee.value() {
            Some(Value::Function(id)) => self.call_function(*id, receiver, args, span),
            _ => self.call_pointer(callee, args, span),
        }
    }

    fn call_pointer(&mut self, callee: Expr, args: &[ast::Expr], span: Span) -> Expr {
        let function = self.cx.pointee(callee.ty).and_then(|child| match self.cx.ty(child) {
            Type::Function(function) => Some(function.clone()),
            _ => None,
        });
        let Some(function) = function else {
            let name = self.cx.type_name(callee.ty);
            return self.error(codes::HOST006, callee.span, format!("`{name}` cannot be called"));
        };
        let Some(args) = self.typed_args(&function, args, span) else { return poison(span) };
        let callee = match callee.value() {
            Some(Value::Instance(instance)) => Callee::Instance(*instance),
            _ => Callee::Pointer(callee),
        };
        Expr::new(function.ret, span, Kind::Call { callee, args })
    }

    fn typed_args(&mut self, function: &FunctionType, args: &[ast::Expr], span: Span) -> Option<Vec<Expr>> {
        let count = function.params.len();
        let given = args.len();
        if given < count || (given > count && !function.is_variadic) {
            self.error(
                codes::HOST006,
                span,
                format!(
                    "{} {} expected, and {given} {} given",
                    counted(count, "argument"),
                    are(count),
                    are(given)
                ),
            );
            return None;
        }
        let mut checked = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let ty = function.params.get(index).copied();
            let arg = self.expr(arg, ty);
            checked.push(if ty.is_none() { self.variadic(arg) } else { arg });
        }
        checked.iter().all(|arg| !arg.is_poison()).then_some(checked)
    }

    /// Calls a function by its id.
    pub(super) fn call_function(
        &mut self,
        id: FunctionId,
        receiver: Option<Expr>,
        args: &[ast::Expr],
        span: Span,
    ) -> Expr {
        let all = receiver.into_iter().map(Arg::Checked).chain(args.iter().map(Arg::Written)).collect();
        self.call_with(id, all, span)
    }

    /// Calls a function with arguments that may be checked already.
    pub(super) fn call_with(&mut self, id: FunctionId, all: Vec<Arg>, span: Span) -> Expr {
        let source = Arc::clone(&self.cx.functions[id].source);
        let (given, wanted) = (all.len(), source.params.len());
        if given < wanted || (given > wanted && !source.is_variadic) {
            return self.wrong_count(id, all, span);
        }
        let mut supplied = Vec::new();
        let mut values = Vec::new();
        let signature = self.function_type(id);
        for (index, arg) in all.into_iter().enumerate() {
            let Some(param) = source.params.get(index) else {
                let value = self.any_argument(arg);
                let value = self.variadic(value);
                if value.is_poison() {
                    return value;
                }
                values.push(value);
                continue;
            };
            let ty = match &signature {
                Some(signature) => Some(signature.params[index]),
                None => generics::param_type(self.cx, id, index, &supplied),
            };
            match self.argument(arg, param, ty, source.is_inline) {
                Some((one, value)) => {
                    supplied.push(one);
                    values.extend(value);
                }
                None => return poison(span),
            }
        }
        self.finish_call(id, &source, supplied, values, span)
    }

    fn wrong_count(&mut self, id: FunctionId, all: Vec<Arg>, span: Span) -> Expr {
        let function = &self.cx.functions[id];
        let (name, wanted, declared) = (function.source.name, function.source.params.len(), function.span);
        // Who calls a method writes no receiver.
        let receivers = all.iter().filter(|arg| matches!(arg, Arg::Checked(_))).count();
        let (wanted, given) = (wanted.saturating_sub(receivers), all.len() - receivers);
        let method = if receivers > 0 { "the method " } else { "" };
        let some = counted(wanted, "argument");
        let message = format!("{method}`{}` takes {some}, and {given} {} given", name.name, are(given));
        let declared = if name.span.is_written() { name.span } else { declared };
        let diagnostic = Diagnostic::new(codes::HOST006, span, message).also(declared, "it is declared here");
        for arg in all {
            if let Arg::Written(arg) = arg {
                self.check_lost(std::slice::from_ref(arg));
            }
        }
        self.fail(diagnostic)
    }

    fn any_argument(&mut self, arg: Arg) -> Expr {
        match arg {
            Arg::Checked(expr) => expr,
            Arg::Written(expr) => self.infer(expr, None),
        }
    }

    /// What is supplied for a parameter, and the run-time argument where it is one.
    fn argument(
        &mut self,
        arg: Arg,
        param: &ast::Param,
        ty: Option<TypeId>,
        is_inline: bool,
    ) -> Option<(Supplied, Option<Expr>)> {
        if ty == Some(TypeId::ERROR) {
            return None;
        }
        let is_known = param.is_comptime || ty.is_some_and(|ty| self.cx.is_comptime_only(ty));
        let checked = match (arg, ty) {
            (Arg::Checked(expr), Some(ty)) => self.coerce(expr, ty),
            (Arg::Checked(expr), None) => expr,
            (Arg::Written(expr), Some(ty)) => {
                let span = param.name.map_or(param.ty.span, |ident| ident.span);
                let text = "the parameter is declared here";
                self.because(ty, span, text, |checker| match is_known {
                    true => checker.comptime(|checker| checker.expr(expr, Some(ty))),
                    false => checker.expr(expr, Some(ty)),
                })
            }
            (Arg::Written(expr), None) if is_known => self.comptime(|checker| checker.infer(expr, None)),
            (Arg::Written(expr), None) => self.infer(expr, None),
        };
        if checked.is_poison() {
            return None;
        }
        if is_known || self.cx.is_comptime_only(checked.ty) {
            return self.force(checked).map(|known| (Supplied::Known(known), None));
        }
        // What an inline function is called with is known inside where it is known here.
        if is_inline && checked.value().is_some_and(|value| *value != Value::Undefined) {
            return self.force(checked).map(|known| (Supplied::Known(known), None));
        }
        let ty = if checked.ty == TypeId::NORETURN { ty.unwrap_or(TypeId::VOID) } else { checked.ty };
        Some((Supplied::Typed(ty), Some(checked)))
    }

    fn finish_call(
        &mut self,
        id: FunctionId,
        source: &ast::Function,
        supplied: Vec<Supplied>,
        args: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let infers = matches!(&*source.ret.kind, ast::ExprKind::ErrorUnion { set: None, .. });
        if !infers {
            let ret = match self.cx.host.signatures.get(&id) {
                Some(Some(signature)) => signature.ret,
                _ => generics::return_type(self.cx, id, &supplied, None),
            };
            if ret == TypeId::ERROR {
                return poison(span);
            }
            if self.cx.is_comptime_only(ret) {
                return self.run(id, supplied, args, ret, span);
            }
        }
        let instance = generics::make(self.cx, id, &supplied, span, self.instance);
        let ResultShape::Returns(ty) = self.cx.instances[instance].result else { return poison(span) };
        if ty == TypeId::ERROR {
            return poison(span);
        }
        let call = Expr::new(ty, span, Kind::Call { callee: Callee::Instance(instance), args: args.clone() });
        let is_known = args.iter().all(|arg| arg.value().is_some());
        let is_wanted = (self.is_running || self.comptime_depth > 0) && ty != TypeId::NORETURN;
        if is_wanted && is_known && source.body.is_some() {
            return self.run_or_evaluate(id, instance, supplied, call);
        }
        match self.inline_result(source, instance, &call) {
            Some(value) => Expr::constant(ty, span, value),
            None => call,
        }
    }

    /// What an inline function that does nothing but give back a constant gives back: it is known here too.
    fn inline_result(&mut self, source: &ast::Function, instance: InstanceId, call: &Expr) -> Option<Value> {
        let takes_nothing = matches!(&*call.kind, Kind::Call { args, .. } if args.is_empty());
        if !source.is_inline || source.body.is_none() || !takes_nothing {
            return None;
        }
        let body = bodies::body(self.cx, instance)?;
        let mut last = body.root.as_ref()?;
        while let Kind::Block { stmts, .. } = &*last.kind
            && let [only] = &stmts[..]
        {
            last = only;
        }
        match &*last.kind {
            Kind::Return(Some(value)) => value.value().cloned(),
            _ => None,
        }
    }

    /// `event.handler(input)`: the struct's fields are the arguments.
    fn call_handler(&mut self, event: EventId, args: &[ast::Expr], span: Span) -> Expr {
        let [input] = args else {
            return self.error(codes::HOST006, span, "a handler takes one argument, the event's input");
        };
        let (inputs, signature) =
            (crate::koru::input_struct(self.cx, event), crate::koru::signature(self.cx, event));
        let input = self.expr(input, Some(inputs));
        if input.is_poison() {
            return input;
        }
        let instance = crate::koru::event_instance(self.cx, event);
        let (mut stmts, args) = match *input.kind {
            Kind::Aggregate(parts) => (Vec::new(), parts),
            kind => {
                let (stmts, held) = self.hold(Expr::new(input.ty, input.span, kind));
                let count = signature.inputs.len() as u64;
                (stmts, (0..count).map(|index| self.part_of(held.clone(), index, span)).collect())
            }
        };
        let ty = match &signature.result {
            ResultShape::Returns(ty) => *ty,
            ResultShape::Branches { output, .. } => *output,
        };
        stmts.push(Expr::new(ty, span, Kind::Call { callee: Callee::Instance(instance), args }));
        sequence(stmts, ty, span)
    }
}

/// `1 argument`, `2 arguments`
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}
