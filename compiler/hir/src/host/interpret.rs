//! Code the checker runs itself: functions that make types, compile-time variables.
//!
//! Running is checking with every value known: declarations become known names, conditions select,
//! loops unroll, `return` leaves its value behind. Code without types in it is left to `evaluate`.

use super::generics::Supplied;
use super::scope::{Binding, nothing, poison};
use super::*;

impl BodyChecker<'_, '_> {
    /// Calls a function whose result exists only while compiling.
    pub(super) fn run(
        &mut self,
        id: FunctionId,
        supplied: Vec<Supplied>,
        args: Vec<Expr>,
        ret: TypeId,
        span: Span,
    ) -> Expr {
        let Some(known) = self.all_known(supplied, args) else { return poison(span) };
        let result = self.run_known(id, None, known, ret, span);
        match (result, self.cx.host.unrunnable.take()) {
            (_, Some(reason)) => self.fail(reason),
            (Some(known), None) => Expr::constant(known.ty, span, known.value),
            (None, None) => poison(span),
        }
    }

    /// Does a call whose arguments are known: by running it here, or else by evaluating its graph.
    pub(super) fn run_or_evaluate(
        &mut self,
        id: FunctionId,
        instance: InstanceId,
        supplied: Vec<Supplied>,
        call: Expr,
    ) -> Expr {
        let (ty, span) = (call.ty, call.span);
        let Kind::Call { args, .. } = &*call.kind else { return call };
        let Some(known) = self.all_known(supplied, args.clone()) else { return poison(span) };
        let result = self.run_known(id, Some(instance), known, ty, span);
        let result = match self.cx.host.unrunnable.take() {
            Some(_) => self.force(call),
            None => result,
        };
        result.map_or(poison(span), |known| self.constant_or_nothing(known, span))
    }

    /// The result of a call with these arguments, remembered.
    fn run_known(
        &mut self,
        id: FunctionId,
        instance: Option<InstanceId>,
        known: Vec<Known>,
        ret: TypeId,
        span: Span,
    ) -> Option<Known> {
        let supplied: Vec<Supplied> = known.iter().cloned().map(Supplied::Known).collect();
        let key = generics::key(id, &supplied);
        if known.iter().any(|known| self.cx.has_memory(&known.value)) {
            return self.run_deeper(&key, instance, &known, ret, span);
        }
        match self.cx.host.results.get(&key) {
            Some(Some(known)) => return Some(known.clone()).filter(|known| known.ty != TypeId::ERROR),
            Some(None) => {
                let name = self.cx.functions[id].name;
                self.error(codes::HOST016, span, format!("`{name}` needs its own result"));
                return None;
            }
            None => {}
        }
        self.cx.host.results.insert(key.clone(), None);
        let result = self.run_deeper(&key, instance, &known, ret, span);
        let is_lasting = result.as_ref().is_none_or(|known| !self.cx.has_memory(&known.value));
        if self.cx.host.unrunnable.is_some() || !is_lasting {
            self.cx.host.results.remove(&key);
            return result;
        }
        let remembered = result.clone().unwrap_or(Known { ty: TypeId::ERROR, value: Value::Undefined });
        self.cx.host.results.insert(key, Some(remembered));
        result
    }

    fn run_deeper(
        &mut self,
        key: &generics::Key,
        instance: Option<InstanceId>,
        known: &[Known],
        ret: TypeId,
        span: Span,
    ) -> Option<Known> {
        let is_fine = decls::enter(self.cx, span);
        let caller = self.instance.filter(|_| !self.is_running);
        let title = Name::new(&generics::instance_name(self.cx, key));
        if self.cx.host.running.is_empty() {
            self.cx.host.rounds = 0;
        }
        self.cx.host.running.push(blame::Running { title, span, caller });
        let result = if is_fine { self.run_body(key, instance, known, ret, span) } else { None };
        self.cx.host.running.pop();
        self.cx.host.depth -= 1;
        let is_outermost = !self.is_running;
        result.map(|known| match is_outermost {
            true => Known { value: self.cx.frozen(&known.value), ..known },
            false => known,
        })
    }

    fn all_known(&mut self, supplied: Vec<Supplied>, args: Vec<Expr>) -> Option<Vec<Known>> {
        let mut args = args.into_iter();
        let mut all = Vec::new();
        for one in supplied {
            match one {
                Supplied::Known(known) => all.push(known),
                Supplied::Typed(_) => {
                    let arg = args.next()?;
                    let (ty, span) = (arg.ty, arg.span);
                    let Some(value) = arg.value().cloned() else {
                        let message =
                            "the result is needed while compiling, and this argument is not known then";
                        self.error(codes::HOST005, span, message);
                        return None;
                    };
                    all.push(Known { ty, value });
                }
            }
        }
        Some(all)
    }

    fn run_body(
        &mut self,
        key: &generics::Key,
        instance: Option<InstanceId>,
        known: &[Known],
        ret: TypeId,
        span: Span,
    ) -> Option<Known> {
        let source = Arc::clone(&self.cx.functions[key.function].source);
        let container = self.cx.functions[key.function].container;
        let title = generics::instance_name(self.cx, key);
        let Some(block) = &source.body else {
            self.error(codes::HOST005, span, format!("`{title}` has no body to run while compiling"));
            return None;
        };
        let mark = self.cx.sink.len();
        let mut inner = BodyChecker::new(self.cx, container, ResultShape::Returns(ret));
        inner.is_running = true;
        inner.instance = instance;
        inner.title = Some(Name::new(&title));
        for (param, known) in source.params.iter().zip(known) {
            if let Some(ident) = param.name {
                inner.bind_known(ident.name, known.clone());
            }
        }
        let end = inner.infer_block(block, Some(TypeId::VOID));
        let mut returned = inner.returned.take();
        let is_broken = inner.is_broken || end.is_poison();
        if is_broken || self.cx.sink.len() > mark || self.cx.host.unrunnable.is_some() {
            return None;
        }
        if returned.is_none() {
            let value = self.coerce(nothing(block.span.after()), ret);
            returned = value.value().cloned().map(|value| Known { ty: ret, value });
        }
        returned
    }

    /// `comptime { .. }`: run by the checker, or else evaluated as a whole.
    pub(super) fn comptime_block(&mut self, block: &ast::Block, hint: Option<TypeId>) -> Expr {
        if self.is_running {
            return self.infer_block(block, hint);
        }
        let variables = self.variable_values();
        let frames = std::mem::take(&mut self.frames);
        self.is_running = true;
        let whole = self.comptime(|checker| checker.infer_block(block, hint));
        let span = block.span;
        let whole = match self.returned.take() {
            Some(known) => self.returned_constant(known, span),
            None if whole.ty == TypeId::NORETURN => poison(span),
            None => self.forced(whole),
        };
        self.is_running = false;
        self.frames = frames;
        if self.cx.host.unrunnable.take().is_none() {
            return match whole.value() {
                Some(value) => Expr::constant(whole.ty, span, self.cx.frozen(value)),
                None => whole,
            };
        }
        self.restore_variables(variables);
        let whole = self.comptime(|checker| checker.infer_block(block, hint));
        self.force(whole).map_or(poison(span), |known| self.constant_or_nothing(known, span))
    }

    /// `return` inside a `comptime` block leaves the function around it.
    fn returned_constant(&mut self, known: Known, span: Span) -> Expr {
        let value = Expr::constant(known.ty, span, self.cx.frozen(&known.value));
        let value = (known.ty != TypeId::VOID).then_some(value);
        Expr::new(TypeId::NORETURN, span, Kind::Return(value))
    }

    /// What running cannot do: whoever began it has the code evaluated instead.
    pub(super) fn cannot_run(&mut self, span: Span, what: &str) -> Expr {
        let message = format!("code that computes types cannot {what}");
        self.cx.host.unrunnable.get_or_insert(Diagnostic::new(codes::HOST007, span, message));
        poison(span)
    }

    pub(super) fn constant_or_nothing(&mut self, known: Known, span: Span) -> Expr {
        match known.ty {
            TypeId::VOID => nothing(span),
            _ => Expr::constant(known.ty, span, known.value),
        }
    }

    /// An assignment to a `comptime var`, or a part of one; nothing where the place is another.
    pub(super) fn assign_variable(
        &mut self,
        place: &ast::Expr,
        op: Option<ast::Binary>,
        value: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (index, path, ty) = self.variable_place(place)?;
        let runtime_depth = self.variables[index].runtime_depth;
        if self.runtime_depth > runtime_depth {
            let message = "a `comptime var` cannot change under a condition of run time";
            return Some(self.error(codes::HOST005, span, message));
        }
        let new = match op {
            None => self.comptime(|checker| checker.expr(value, Some(ty))),
            Some(op) => {
                let old = self.infer(place, None);
                let right = self.comptime(|checker| checker.right_side(op, ty, value));
                let applied = self.apply(op, old, right, span, span);
                self.coerce(applied, ty)
            }
        };
        let new = self.forced(new);
        let Some(new) = new.value().cloned() else { return Some(new) };
        let at = PointerValue { base: Base::Global(self.variables[index].global), path };
        match self.cx.write_memory(&at, new) {
            true => Some(nothing(span)),
            false => {
                let message = "this part of a compile-time value cannot be set";
                Some(self.error(codes::HOST009, place.span, message))
            }
        }
    }

    /// The `comptime var` a place is part of: its index, the way there, and the part's type.
    fn variable_place(&mut self, place: &ast::Expr) -> Option<(usize, Vec<Step>, TypeId)> {
        match &*place.kind {
            ast::ExprKind::Name(name) => match self.find(*name, place.span)? {
                (_, Binding::Variable(index)) => {
                    Some((index, Vec::new(), self.cx.globals[self.variables[index].global].ty))
                }
                _ => None,
            },
            ast::ExprKind::Field { base, name } => {
                let (index, mut path, ty) = self.variable_place(base)?;
                let id = self.cx.container_of(ty)?;
                let all = fields(self.cx, id);
                let at = all.iter().position(|field| field.name == name.name)?;
                path.push(Step::Field(at as u32));
                Some((index, path, all[at].ty))
            }
            ast::ExprKind::Index { base, index: element } => {
                let (index, mut path, ty) = self.variable_place(base)?;
                let Type::Array { child, .. } = *self.cx.ty(ty) else { return None };
                path.push(Step::Element(self.known_number(element)?));
                Some((index, path, child))
            }
            _ => None,
        }
    }
}
