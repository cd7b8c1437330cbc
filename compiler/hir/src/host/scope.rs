//! The checker of one body: names in force, labels, locals, and where mistakes are reported.
//!
//! Names are a stack: leaving a scope forgets what it declared. Run-time names below `floor` are out of
//! reach of the compile-time expression that is being checked.

use super::*;
use crate::context::{Global, Linkage};

/// What a name stands for inside a body.
#[derive(Clone, Debug)]
pub(super) enum Binding {
    Local(LocalId),
    Known(Known),
    /// A `comptime var`, by its place in `variables`.
    /// A constant that lies where its alignment says.
    Global(GlobalId),
    Variable(usize),
}

#[derive(Clone, Debug)]
struct Entry {
    name: Name,
    /// Whose text bound it, where that is known: texts of a transform and those of its caller do not see
    /// each other's names.
    hand: Option<Option<u32>>,
    binding: Binding,
    /// Where it is declared, of what is no local.
    declared: Span,
}

/// A `comptime var`.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub global: GlobalId,
    /// How many run-time conditions stand around its declaration.
    pub runtime_depth: u32,
}

/// A block or loop that can be left or repeated.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub name: Option<Name>,
    pub label: LabelId,
    /// What `continue` does; none for blocks.
    pub repeat: Option<Repeat>,
    /// The type breaks are coerced to.
    pub expected: Option<TypeId>,
    /// The types breaks brought.
    pub brought: Vec<Expr>,
    pub breaks: u32,
    pub continues: u32,
    /// What a break brought while the checker runs code itself.
    pub result: Option<Known>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Repeat {
    Continue,
    /// A labelled switch: switching again, on what is put into this local.
    Switch(LocalId),
    /// An unrolled loop: leaving the block of this round.
    Leave(LabelId),
}

/// Why an expression must have a type: the place that says so.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    pub ty: TypeId,
    pub span: Span,
    pub text: String,
}

/// What a checker puts aside while it is in code of another container.
#[derive(Debug)]
pub struct Departed {
    container: ContainerId,
    names: Vec<Entry>,
    marks: Vec<usize>,
}

/// Checks expressions and statements in one container, for one body.
pub struct BodyChecker<'c, 'w> {
    pub cx: &'c mut Context<'w>,
    pub container: ContainerId,
    pub(super) result: ResultShape,
    pub(super) body: Body,
    names: Vec<Entry>,
    marks: Vec<usize>,
    used: Vec<bool>,
    pub(super) variables: Vec<Variable>,
    pub(super) frames: Vec<Frame>,
    pub(super) reasons: Vec<Reason>,
    pub(super) floor: usize,
    pub(super) runtime_depth: u32,
    /// How many expressions around this one must be known while compiling.
    pub(super) comptime_depth: u32,
    /// Does the checker run this code itself, instead of making a tree?
    pub(super) is_running: bool,
    /// What the code that is run returned.
    pub(super) returned: Option<Known>,
    pub(super) instance: Option<InstanceId>,
    /// How a type declared here is called.
    pub(super) naming: Option<Ident>,
    /// Is a statement missing that had a mistake?
    pub(super) is_broken: bool,
    /// Is this the body of a proc?
    pub(super) is_proc: bool,
    /// How types made by the function that is run are called.
    pub(super) title: Option<Name>,
    pub(super) defer_depth: u32,
    /// Statements to be put in front of the one that is being checked, in its own block.
    pub(super) spread: Vec<Expr>,
}

impl<'c, 'w> BodyChecker<'c, 'w> {
    /// A checker for code of `container` that leaves by `result`.
    pub fn new(cx: &'c mut Context<'w>, container: ContainerId, result: ResultShape) -> Self {
        BodyChecker {
            cx,
            container,
            result,
            body: Body::default(),
            names: Vec::new(),
            marks: Vec::new(),
            used: Vec::new(),
            variables: Vec::new(),
            frames: Vec::new(),
            reasons: Vec::new(),
            floor: 0,
            runtime_depth: 0,
            comptime_depth: 0,
            is_running: false,
            returned: None,
            instance: None,
            naming: None,
            is_broken: false,
            is_proc: false,
            title: None,
            defer_depth: 0,
            spread: Vec::new(),
        }
    }

    /// Opens a scope of names.
    pub fn enter(&mut self) {
        self.marks.push(self.names.len());
    }

    /// Closes the innermost scope.
    pub fn leave(&mut self) {
        let mark = self.marks.pop().unwrap_or_default();
        self.names.truncate(mark);
    }

    /// Begins code of another container, which sees no name of the code before.
    pub fn depart(&mut self, container: ContainerId) -> Departed {
        Departed {
            container: std::mem::replace(&mut self.container, container),
            names: std::mem::take(&mut self.names),
            marks: std::mem::take(&mut self.marks),
        }
    }

    /// Goes on with the code that was left.
    pub fn come_back(&mut self, departed: Departed) {
        self.container = departed.container;
        self.names = departed.names;
        self.marks = departed.marks;
    }

    /// Declares a run-time value.
    pub fn bind(&mut self, name: Name, ty: TypeId, span: Span, is_mutable: bool) -> LocalId {
        let local =
            self.body.locals.push(Local { name, ty, is_mutable, is_addressed: false, align: None, span });
        self.used.push(false);
        self.bind_local(name, span, local);
        local
    }

    /// Gives a local a further name.
    pub fn bind_local(&mut self, name: Name, span: Span, local: LocalId) {
        let hand = Some(self.cx.sources.hand(span.file));
        self.names.push(Entry { name, hand, binding: Binding::Local(local), declared: Span::NONE });
    }

    /// Gives a local a further name that every text sees.
    pub fn bind_everywhere(&mut self, name: Name, local: LocalId) {
        self.names.push(Entry { name, hand: None, binding: Binding::Local(local), declared: Span::NONE });
    }

    /// Declares a value known while compiling, or a type.
    pub fn bind_known(&mut self, name: Name, known: Known) {
        self.names.push(Entry { name, hand: None, binding: Binding::Known(known), declared: Span::NONE });
    }

    /// Declares a constant whose value is known while compiling.
    pub(super) fn bind_constant(&mut self, name: Ident, known: Known) {
        let (hand, binding) = (Some(self.cx.sources.hand(name.span.file)), Binding::Known(known));
        self.names.push(Entry { name: name.name, hand, binding, declared: name.span });
    }

    /// Where a name without a place in memory is declared.
    pub(super) fn declared_at(&self, name: Name) -> Option<Span> {
        let entry = self.names.iter().rev().find(|entry| entry.name == name)?;
        entry.declared.is_written().then_some(entry.declared)
    }

    /// Declares a constant that asks for more than its type needs, and so has a place of its own.
    pub(super) fn bind_aligned(&mut self, name: Ident, known: Known, align: u32) {
        let full = self.cx.containers[self.container].name.join(name.name);
        let global = self.cx.globals.push(Global {
            name: full,
            ty: known.ty,
            value: known.value,
            align: Some(align),
            is_const: true,
            is_threadlocal: false,
            linkage: Linkage::Internal,
            span: name.span,
        });
        let (hand, binding) = (Some(self.cx.sources.hand(name.span.file)), Binding::Global(global));
        self.names.push(Entry { name: name.name, hand, binding, declared: name.span });
    }

    pub(super) fn bind_variable(&mut self, name: Ident, known: Known) {
        let (hand, binding) =
            (Some(self.cx.sources.hand(name.span.file)), Binding::Variable(self.variables.len()));
        let name = name.name;
        let global = self.cx.new_memory(name, known, Span::NONE);
        self.variables.push(Variable { global, runtime_depth: self.runtime_depth });
        self.names.push(Entry { name, hand, binding, declared: Span::NONE });
    }

    /// What a `comptime var` holds now.
    pub(super) fn variable_value(&self, index: usize) -> Known {
        let global = &self.cx.globals[self.variables[index].global];
        Known { ty: global.ty, value: self.cx.frozen(&global.value) }
    }

    /// What all of them hold.
    pub(super) fn variable_values(&self) -> Vec<Value> {
        self.variables.iter().map(|variable| self.cx.globals[variable.global].value.clone()).collect()
    }

    /// Forgets what was written to them since, and those that are new.
    pub(super) fn restore_variables(&mut self, values: Vec<Value>) {
        self.variables.truncate(values.len());
        for (variable, value) in self.variables.iter().zip(values) {
            self.cx.globals[variable.global].value = value;
        }
    }

    /// A local of the compiler's own, without a name anybody could write.
    pub fn hidden(&mut self, name: &str, ty: TypeId, span: Span, is_mutable: bool) -> LocalId {
        let local = Local { name: Name::new(name), ty, is_mutable, is_addressed: false, align: None, span };
        self.used.push(true);
        self.body.locals.push(local)
    }

    /// The type of a local.
    pub fn local_type(&self, local: LocalId) -> TypeId {
        self.body.locals[local].ty
    }

    /// A label nobody has.
    pub fn new_label(&mut self) -> LabelId {
        self.body.labels += 1;
        LabelId(self.body.labels - 1)
    }

    /// Was the value of this local asked for?
    pub fn was_used(&self, local: LocalId) -> bool {
        self.used.get(local.index()).copied().unwrap_or(true)
    }

    /// The body, whose code is `root`; its run-time parameters are `params`.
    pub fn finish_with(self, params: Vec<LocalId>, root: Expr) -> Body {
        Body { params, root: Some(root), ..self.body }
    }

    /// The body, whose code is `root`.
    pub fn finish(self, root: Expr) -> Body {
        Body { root: Some(root), ..self.body }
    }

    /// What a name stands for in the scopes of this body, and how deep it was declared.
    pub(super) fn find(&self, name: Name, at: Span) -> Option<(usize, Binding)> {
        let hand = self.cx.sources.hand(at.file);
        let is_it = |entry: &Entry| entry.name == name && entry.hand.is_none_or(|of| of == hand);
        let at = self.names.iter().rposition(is_it)?;
        Some((at, self.names[at].binding.clone()))
    }

    pub(super) fn depth(&self) -> usize {
        self.names.len()
    }

    pub(super) fn mark_used(&mut self, local: LocalId) {
        self.used[local.index()] = true;
    }

    /// All names of the body's scopes, for did-you-mean.
    pub(super) fn visible(&self) -> Vec<Name> {
        self.names.iter().map(|entry| entry.name).collect()
    }

    /// What a container declared here sees of this body: its compile-time values.
    pub(super) fn captures(&self) -> Rc<[(Name, Known)]> {
        let mut captures: Vec<(Name, Known)> = Vec::new();
        for entry in self.names.iter().rev() {
            let known = match &entry.binding {
                Binding::Known(known) => known.clone(),
                Binding::Variable(index) => self.variable_value(*index),
                Binding::Global(global) => {
                    let global = &self.cx.globals[*global];
                    Known { ty: global.ty, value: global.value.clone() }
                }
                Binding::Local(_) => continue,
            };
            if captures.iter().all(|(name, _)| *name != entry.name) {
                captures.push((entry.name, known));
            }
        }
        captures.into()
    }

    /// Reports a mistake; in an instance of a generic function, with the calls that asked for it.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let diagnostic = blame::blamed(self.cx, self.instance, diagnostic);
        self.cx.sink.report(diagnostic);
    }

    /// Reports, and gives the expression that reports nothing more.
    pub(super) fn fail(&mut self, diagnostic: Diagnostic) -> Expr {
        let span = diagnostic.primary.span;
        self.report(diagnostic);
        poison(span)
    }

    /// An error at a place.
    pub(super) fn error(&mut self, code: koru_base::Code, span: Span, message: impl Into<String>) -> Expr {
        self.fail(Diagnostic::new(code, span, message))
    }

    /// What the dialect lacks, by name.
    pub(super) fn unsupported(&mut self, span: Span, what: &str) -> Expr {
        self.error(codes::HOST007, span, format!("the host dialect has no {what}"))
    }
}

/// What stands for an expression with a mistake that was reported.
pub(super) fn poison(span: Span) -> Expr {
    Expr::constant(TypeId::ERROR, span, Value::Undefined)
}

/// The value of nothing.
pub(super) fn nothing(span: Span) -> Expr {
    Expr::constant(TypeId::VOID, span, Value::Void)
}

/// A type as an expression.
pub(super) fn type_expr(ty: TypeId, span: Span) -> Expr {
    Expr::constant(TypeId::TYPE, span, Value::Type(ty))
}

/// Reads a local.
pub(super) fn local_expr(local: LocalId, ty: TypeId, span: Span) -> Expr {
    Expr::new(ty, span, Kind::Read(Place::Local(local)))
}

impl Expr {
    /// Did a mistake make this?
    pub fn is_poison(&self) -> bool {
        self.ty == TypeId::ERROR
    }
}
