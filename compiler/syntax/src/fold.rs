//! What the grammar's actions do: build nodes, and fold chains of operators by precedence.
//!
//! `a + b * c == d` reaches us as operands and operators in the order of the text; the table in
//! [`level`] says who binds tighter. Nothing here knows the parser generator.

use crate::ast::Ident as Id;
use crate::ast::host::*;
use crate::escape;
use koru_base::{FileId, Name, Span};
use std::sync::Arc;

/// What one run of the grammar yields.
pub enum Parsed {
    Expr(Expr),
    Value(ForInput),
    Body(Vec<Stmt>),
    Decl(Decl),
    Field(ContainerField),
}

/// Text the grammar reads and the language refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub span: Span,
    pub message: &'static str,
    pub help: &'static str,
}

pub fn node(file: FileId, start: u32, kind: ExprKind, end: u32) -> Expr {
    Expr { kind: Arc::new(kind), span: Span::new(file, start, end) }
}

pub fn ident(file: FileId, start: u32, text: &str, end: u32) -> Id {
    Id { name: Name::new(text), span: Span::new(file, start, end) }
}

/// The bytes of a string that must be a name: a constraint, a library.
pub fn text(quoted: &str) -> Name {
    Name::new(&String::from_utf8_lossy(&escape::string(quoted)))
}

pub fn name(text: &str) -> ExprKind {
    match text {
        "undefined" => ExprKind::Undefined,
        "null" => ExprKind::Null,
        _ => ExprKind::Name(Name::new(text)),
    }
}

/// `module.path:Name`
pub fn qualified(file: FileId, start: u32, text: &str) -> ExprKind {
    let (module, name) = text.split_once(':').unwrap_or(("", text));
    let colon = start + module.len() as u32;
    let module = ident(file, start, module, colon);
    ExprKind::Qualified { module, name: ident(file, colon + 1, name, start + text.len() as u32) }
}

pub fn block(block: Block) -> Expr {
    let span = block.span;
    Expr { kind: Arc::new(ExprKind::Block(block)), span }
}

/// A statement where the tree wants an expression: itself, or a block around it.
pub fn body(stmt: Stmt) -> Expr {
    match stmt {
        Stmt { kind: StmtKind::Expr(expr), .. } => expr,
        stmt => block(Block { label: None, span: stmt.span, stmts: Arc::new(vec![stmt]) }),
    }
}

pub fn assign(place: Expr, op: Option<Binary>, value: Expr) -> StmtKind {
    if op.is_none() && is_discard(&place) {
        return StmtKind::Discard(value);
    }
    StmtKind::Assign { place, op, value }
}

pub fn target(place: Expr) -> DestructureTarget {
    if is_discard(&place) { DestructureTarget::Discard } else { DestructureTarget::Assign(place) }
}

fn is_discard(place: &Expr) -> bool {
    matches!(*place.kind, ExprKind::Name(name) if name == "_")
}

/// `comptime f();`, `comptime x = 1;`
pub fn comptime_simple(kind: StmtKind) -> StmtKind {
    let expr = match kind {
        StmtKind::Expr(expr) => expr,
        kind => {
            let span = match &kind {
                StmtKind::Assign { place, value, .. } => place.span.to(value.span),
                StmtKind::Discard(value) => value.span,
                _ => Span::NONE,
            };
            body(Stmt { kind, span })
        }
    };
    let span = expr.span;
    StmtKind::Expr(Expr { kind: Arc::new(ExprKind::Comptime(expr)), span })
}

// ---- Operators

/// An operator between two operands.
pub struct Operator {
    pub op: Op,
    pub span: Span,
}

pub enum Op {
    Plain(Binary),
    Catch(Option<Id>),
}

/// Operands and operators as they stand in the text.
pub struct Chain {
    first: Expr,
    rest: Vec<(Operator, Expr)>,
}

impl Chain {
    pub fn new(first: Expr) -> Chain {
        Chain { first, rest: Vec::new() }
    }

    pub fn and(mut self, operator: Operator, operand: Expr) -> Chain {
        self.rest.push((operator, operand));
        self
    }
}

/// How tightly an operator binds; equal levels go from left to right.
fn level(op: &Op) -> u8 {
    use Binary::*;
    match op {
        Op::Plain(Or) => 1,
        Op::Plain(And) => 2,
        Op::Plain(Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual) => COMPARISON,
        Op::Catch(_) | Op::Plain(BitAnd | BitXor | BitOr | Orelse) => 4,
        Op::Plain(ShiftLeft | ShiftLeftSaturate | ShiftRight) => 5,
        Op::Plain(Add | AddWrap | AddSaturate | Sub | SubWrap | SubSaturate | Concat) => 6,
        Op::Plain(Mul | MulWrap | MulSaturate | Div | Rem | Repeat | MergeErrors) => 7,
    }
}

const COMPARISON: u8 = 3;

/// Folds a chain and refuses `a < b < c`.
pub fn checked<L, T>(chain: Chain) -> Result<Expr, lalrpop_util::ParseError<L, T, Refusal>> {
    let mut compared = false;
    for (operator, _) in &chain.rest {
        match level(&operator.op) {
            COMPARISON if compared => {
                let message = "comparisons cannot be chained";
                let help = "compare two at a time and join them with `and`";
                return Err(lalrpop_util::ParseError::User {
                    error: Refusal { span: operator.span, message, help },
                });
            }
            COMPARISON => compared = true,
            level if level < COMPARISON => compared = false,
            _ => {}
        }
    }
    Ok(fold(chain))
}

/// Folds a chain by precedence: an operator is applied once one that binds no tighter follows.
pub fn fold(chain: Chain) -> Expr {
    let mut operands = vec![chain.first];
    let mut waiting: Vec<Operator> = Vec::new();
    for (operator, operand) in chain.rest {
        while waiting.last().is_some_and(|last| level(&last.op) >= level(&operator.op)) {
            apply(&mut operands, &mut waiting);
        }
        waiting.push(operator);
        operands.push(operand);
    }
    while !waiting.is_empty() {
        apply(&mut operands, &mut waiting);
    }
    operands.remove(0)
}

fn apply(operands: &mut Vec<Expr>, waiting: &mut Vec<Operator>) {
    let (Some(right), Some(left), Some(operator)) = (operands.pop(), operands.pop(), waiting.pop()) else {
        koru_base::bug!("syntax", "an operator lacks an operand");
    };
    let span = left.span.to(right.span);
    let kind = match operator.op {
        Op::Plain(op) => ExprKind::Binary { op, left, right, op_span: operator.span },
        Op::Catch(capture) => ExprKind::Catch { left, capture, right },
    };
    operands.push(Expr { kind: Arc::new(kind), span });
}

// ---- Control

/// The part of `if` and of the loops before their body.
pub enum Head {
    If {
        condition: Expr,
        capture: Option<Capture>,
    },
    While {
        label: Option<Id>,
        is_inline: bool,
        condition: Expr,
        capture: Option<Capture>,
        step: Option<Box<Stmt>>,
    },
    For {
        label: Option<Id>,
        is_inline: bool,
        inputs: Vec<ForInput>,
        captures: Vec<Capture>,
    },
}

impl Head {
    /// The head of a loop with its label.
    pub fn labelled(self, label: Option<Id>, is_inline: bool) -> Head {
        match self {
            Head::If { .. } => self,
            Head::While { condition, capture, step, .. } => {
                Head::While { label, is_inline, condition, capture, step }
            }
            Head::For { inputs, captures, .. } => Head::For { label, is_inline, inputs, captures },
        }
    }

    /// The whole construct. What `else` captures is nothing behind a `for`.
    pub fn with(self, body: Expr, else_capture: Option<Id>, otherwise: Option<Expr>) -> ExprKind {
        match self {
            Head::If { condition, capture } => {
                ExprKind::If(Box::new(If { condition, capture, then: body, else_capture, otherwise }))
            }
            Head::While { label, is_inline, condition, capture, step } => ExprKind::While(Box::new(While {
                label,
                is_inline,
                condition,
                capture,
                step,
                body,
                else_capture,
                otherwise,
            })),
            Head::For { label, is_inline, inputs, captures } => {
                ExprKind::For(Box::new(For { label, is_inline, inputs, captures, body, otherwise }))
            }
        }
    }
}

pub fn prong(
    is_inline: bool,
    cases: Vec<Case>,
    captures: Option<(Capture, Option<Id>)>,
    body: Expr,
    span: Span,
) -> Prong {
    let (capture, tag_capture) = captures.map_or((None, None), |(first, second)| (Some(first), second));
    Prong { cases, is_inline, capture, tag_capture, body, span }
}

#[derive(Default)]
pub struct AsmParts {
    pub outputs: Vec<AsmOperand>,
    pub inputs: Vec<AsmOperand>,
    pub clobbers: Vec<Name>,
}

pub fn asm(is_volatile: bool, template: Expr, parts: AsmParts) -> ExprKind {
    let AsmParts { outputs, inputs, clobbers } = parts;
    ExprKind::Asm(Box::new(Asm { is_volatile, template, outputs, inputs, clobbers }))
}

// ---- Types

#[derive(Default)]
pub struct PointerMods {
    pub is_const: bool,
    pub is_volatile: bool,
    pub align: Option<Expr>,
}

impl PointerMods {
    pub fn pointer(self, size: PointerSize, sentinel: Option<Expr>, child: Expr) -> ExprKind {
        let PointerMods { is_const, is_volatile, align } = self;
        ExprKind::Pointer(Box::new(PointerType { size, is_const, is_volatile, align, sentinel, child }))
    }
}

/// `**T` is one token and two pointers.
pub fn pointer_twice(inner: Expr) -> ExprKind {
    PointerMods::default().pointer(PointerSize::One, None, inner)
}

/// `[len]T`, where `[_]T` has no length.
pub fn array(len: Expr, sentinel: Option<Expr>, child: Expr) -> ExprKind {
    let len = if is_discard(&len) { None } else { Some(len) };
    ExprKind::Array { len, sentinel, child }
}

pub fn param(is_comptime: bool, name: Id, ty: Expr) -> Param {
    let name = if name.name == "_" { None } else { Some(name) };
    Param { is_comptime, name, ty }
}

#[derive(Default)]
pub struct Members {
    fields: Vec<ContainerField>,
    decls: Vec<Decl>,
}

impl Members {
    pub fn field(mut self, field: ContainerField) -> Members {
        self.fields.push(field);
        self
    }

    pub fn decl(mut self, decl: Decl) -> Members {
        self.decls.push(decl);
        self
    }

    pub fn container(self, kind: ContainerKind, layout: Layout) -> ExprKind {
        let Members { mut fields, decls } = self;
        if matches!(kind, ContainerKind::Struct { .. }) && is_tuple(&fields) {
            fields.iter_mut().enumerate().for_each(|(index, field)| number(index, field));
        }
        ExprKind::Container(Arc::new(Container { kind, layout, fields, decls }))
    }
}

/// A type without a name where a field stands.
pub fn tuple_field(ty: Expr) -> ContainerField {
    let name = Id { name: Name::new(""), span: ty.span };
    ContainerField { is_comptime: false, name, ty: Some(ty), align: None, value: None }
}

/// Are these the types of a tuple?
fn is_tuple(fields: &[ContainerField]) -> bool {
    let is_type =
        |field: &ContainerField| field.name.name == "" || (field.ty.is_none() && field.value.is_none());
    !fields.is_empty() && fields.iter().all(is_type)
}

/// Names a tuple's field by its number.
fn number(index: usize, field: &mut ContainerField) {
    if field.ty.is_none() {
        let kind = Arc::new(ExprKind::Name(field.name.name));
        field.ty = Some(Expr { kind, span: field.name.span });
    }
    field.name.name = Name::new(&index.to_string());
}

// ---- Functions

#[derive(PartialEq)]
pub enum FnWord {
    Inline,
    NoInline,
}

pub struct FnProto {
    pub word: Option<FnWord>,
    pub name: Id,
    pub params: (Vec<Param>, bool),
    pub callconv: Option<Expr>,
    pub ret: Expr,
}

pub fn function(proto: FnProto, linkage: Option<Linkage>, body: Option<Block>) -> DeclKind {
    let linkage = linkage.unwrap_or(Linkage::Internal);
    let FnProto { word, name, params: (params, is_variadic), callconv, ret } = proto;
    let is_inline = word == Some(FnWord::Inline);
    let is_noinline = word == Some(FnWord::NoInline);
    let function =
        Function { name, linkage, is_inline, is_noinline, params, is_variadic, callconv, ret, body };
    DeclKind::Function(Arc::new(function))
}
