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
        let supplied: Vec<Supplied> = known.iter().cloned().map(Supplied::Known).collect();
        let key = generics::key(id, &supplied);
        match self.cx.host.results.get(&key) {
            Some(Some(known)) => return Expr::constant(known.ty, span, known.value.clone()),
            Some(None) => {
                let name = self.cx.functions[id].name;
                return self.error(codes::HOST016, span, format!("`{name}` needs its own result"));
            }
            None => {}
        }
        self.cx.host.results.insert(key.clone(), None);
        let is_fine = decls::enter(self.cx, span);
        let result = if is_fine { self.run_body(id, &known, ret, span) } else { None };
        self.cx.host.depth -= 1;
        let result = result.unwrap_or(Known { ty: TypeId::ERROR, value: Value::Undefined });
        self.cx.host.results.insert(key, Some(result.clone()));
        Expr::constant(result.ty, span, result.value)
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

    fn run_body(&mut self, id: FunctionId, known: &[Known], ret: TypeId, span: Span) -> Option<Known> {
        let source = Arc::clone(&self.cx.functions[id].source);
        let container = self.cx.functions[id].container;
        let supplied: Vec<Supplied> = known.iter().cloned().map(Supplied::Known).collect();
        let title = generics::instance_name(self.cx, &generics::key(id, &supplied));
        let mark = self.cx.sink.len();
        let mut inner = BodyChecker::new(self.cx, container, ResultShape::Returns(ret));
        inner.is_running = true;
        inner.title = Some(Name::new(&title));
        for (param, known) in source.params.iter().zip(known) {
            if let Some(ident) = param.name {
                inner.bind_known(ident.name, known.clone());
            }
        }
        let Some(block) = &source.body else {
            self.error(codes::HOST005, span, format!("`{title}` has no body to run while compiling"));
            return None;
        };
        let end = inner.infer_block(block, Some(TypeId::VOID));
        let returned = inner.returned.take();
        let is_broken = end.is_poison() || self.cx.sink.len() > mark;
        if returned.is_none() && !is_broken {
            self.error(codes::HOST012, span, format!("`{title}` ends without returning a value"));
        }
        returned.filter(|_| !is_broken)
    }

    /// `comptime { .. }`: evaluated as a whole; run by the checker where it handles types.
    pub(super) fn comptime_block(&mut self, block: &ast::Block, hint: Option<TypeId>) -> Expr {
        if self.is_running {
            return self.infer_block(block, hint);
        }
        let mark = self.cx.sink.len();
        let variables = self.variables.clone();
        let whole = self.comptime(|checker| checker.infer_block(block, hint));
        let span = block.span;
        if self.cx.sink.len() == mark {
            if whole.value().is_some() {
                return whole;
            }
            if let Some(known) = self.force(whole) {
                return self.constant_or_nothing(known, span);
            }
        }
        self.cx.sink.rewind(mark);
        self.variables = variables;
        let frames = std::mem::take(&mut self.frames);
        self.is_running = true;
        let whole = self.comptime(|checker| checker.infer_block(block, hint));
        let whole = if whole.ty == TypeId::NORETURN { poison(span) } else { self.forced(whole) };
        self.is_running = false;
        self.frames = frames;
        whole
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
                let right = self.comptime(|checker| checker.infer(value, None));
                let applied = self.apply(op, old, right, span, span);
                self.coerce(applied, ty)
            }
        };
        let new = self.forced(new);
        let Some(new) = new.value().cloned() else { return Some(new) };
        let known = self.variables[index].known.clone();
        match constants::store(self.cx, known.ty, &known.value, &path, new) {
            Some(value) => self.variables[index].known.value = value,
            None => {
                return Some(self.error(
                    codes::HOST009,
                    place.span,
                    "this part of a compile-time value cannot be set",
                ));
            }
        }
        Some(nothing(span))
    }

    /// The `comptime var` a place is part of: its index, the way there, and the part's type.
    fn variable_place(&mut self, place: &ast::Expr) -> Option<(usize, Vec<Step>, TypeId)> {
        match &*place.kind {
            ast::ExprKind::Name(name) => match self.find(*name)? {
                (_, Binding::Variable(index)) => Some((index, Vec::new(), self.variables[index].known.ty)),
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
