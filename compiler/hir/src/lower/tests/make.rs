//! Makes bodies in a few lines, for tests.

use crate::context::*;
use crate::ids::*;
use crate::layout::declare_for_tests;
use crate::tree::*;
use crate::types::{Type, Types};
use crate::value::{Base, Data, PointerValue, Value};
use koru_base::{Name, Span};
use koru_syntax::ast::host::Layout;
use std::rc::Rc;

/// The body being made.
pub struct Make<'a, 'w> {
    pub cx: &'a mut Context<'w>,
    body: Body,
    result: TypeId,
}

impl<'a, 'w> Make<'a, 'w> {
    pub fn new(cx: &'a mut Context<'w>) -> Make<'a, 'w> {
        Make { cx, body: Body::default(), result: TypeId::VOID }
    }

    pub fn param(&mut self, name: &str, ty: TypeId) -> LocalId {
        let local = self.local(name, ty);
        self.body.params.push(local);
        local
    }

    pub fn local(&mut self, name: &str, ty: TypeId) -> LocalId {
        let (is_mutable, is_addressed) = (false, false);
        self.body.locals.push(Local {
            name: name.into(),
            ty,
            is_mutable,
            is_addressed,
            align: None,
            span: Span::NONE,
        })
    }

    pub fn var(&mut self, name: &str, ty: TypeId) -> LocalId {
        let local = self.local(name, ty);
        self.body.locals[local].is_mutable = true;
        local
    }

    pub fn global(&mut self, name: &str, ty: TypeId) -> GlobalId {
        self.cx.globals.push(Global {
            name: name.into(),
            ty,
            value: Value::Undefined,
            align: None,
            is_const: false,
            is_threadlocal: false,
            linkage: Linkage::Internal,
            span: Span::NONE,
        })
    }

    pub fn structure(&mut self, fields: &[(&str, TypeId)]) -> TypeId {
        let fields: Vec<_> = fields.iter().map(|&(name, ty)| (name, ty, None)).collect();
        declare_for_tests(self.cx, ContainerKind::Struct, Layout::Auto, &fields, None)
    }

    pub fn error_union(&mut self, set: TypeId, payload: TypeId) -> TypeId {
        self.cx.types.intern(Type::ErrorUnion { set, payload })
    }

    /// A function without a body yet.
    pub fn function(&mut self, name: &str, result: TypeId) -> InstanceId {
        self.cx.instances.push(instance(name, ResultShape::Returns(result)))
    }

    /// An event with an instance, and the union of its branches.
    pub fn event(&mut self, name: &str, branches: &[(&str, Option<TypeId>)]) -> (InstanceId, TypeId) {
        let number = self.cx.types.int(8, false);
        let tags: Vec<_> = branches.iter().map(|&(name, _)| (name, number, None)).collect();
        let tag = declare_for_tests(self.cx, ContainerKind::Enum, Layout::Auto, &tags, Some(number));
        let payload = |&(name, ty): &(&'static str, Option<TypeId>)| (name, ty.unwrap_or(TypeId::VOID), None);
        let branches: Vec<(&'static str, _)> =
            branches.iter().map(|&(name, ty)| (Name::new(name).as_str(), ty)).collect();
        let fields: Vec<_> = branches.iter().map(payload).collect();
        let output = declare_for_tests(self.cx, ContainerKind::Union, Layout::Auto, &fields, Some(tag));
        let shape = |&(name, payload): &(&str, Option<TypeId>)| BranchShape { name: name.into(), payload };
        let branches = branches.iter().map(shape).collect();
        let instance = instance(name, ResultShape::Branches { output, branches });
        (self.cx.instances.push(instance), output)
    }

    pub fn tag_type(&self, union: TypeId) -> TypeId {
        let &Type::Container(container) = self.cx.types.get(union) else { panic!("not a union") };
        self.cx.containers[container].tag.expect("it has a tag")
    }

    pub fn expr(&self, ty: TypeId, kind: Kind) -> Expr {
        Expr::new(ty, Span::NONE, kind)
    }

    pub fn stmt(&self, kind: Kind) -> Expr {
        self.expr(TypeId::VOID, kind)
    }

    pub fn block(&self, stmts: Vec<Expr>) -> Expr {
        self.stmt(Kind::Block { label: None, stmts })
    }

    pub fn read(&self, local: LocalId) -> Expr {
        self.expr(self.body.locals[local].ty, Kind::Read(Place::Local(local)))
    }

    pub fn field(&self, local: LocalId, field: u32, ty: TypeId) -> Expr {
        let base_ty = self.body.locals[local].ty;
        self.expr(ty, Kind::Read(Place::Field { base: Box::new(Place::Local(local)), base_ty, field }))
    }

    pub fn int(&self, ty: TypeId, number: i64) -> Expr {
        self.expr(ty, Kind::Const(Value::int(number)))
    }

    pub fn text(&mut self, text: &str) -> Expr {
        let ty = self.cx.types.array(text.len() as u64, TypeId::U8);
        let value = Value::Bytes(text.as_bytes().into());
        let pointer = PointerValue { base: Base::Data(Rc::new(Data { ty, value })), path: Vec::new() };
        let ty = Types::text(&mut self.cx.types);
        self.expr(ty, Kind::Const(Value::Slice { pointer, len: text.len() as u64 }))
    }

    pub fn pointer_of(&mut self, slice: LocalId) -> Expr {
        let ty = self.cx.types.pointer(TypeId::U8, true);
        self.expr(ty, Kind::SlicePointer(self.read(slice)))
    }

    pub fn binary(&self, op: Binary, left: Expr, right: Expr) -> Expr {
        self.expr(left.ty, Kind::Binary { op, left, right })
    }

    pub fn compare(&self, op: Compare, left: Expr, right: Expr) -> Expr {
        self.expr(TypeId::BOOL, Kind::Compare { op, left, right })
    }

    pub fn choose(&self, ty: TypeId, condition: Expr, then: Expr, otherwise: Expr) -> Expr {
        self.expr(ty, Kind::If { condition, then, otherwise: Some(otherwise) })
    }

    pub fn bind(&self, local: LocalId, value: Expr) -> Expr {
        self.stmt(Kind::Let { local, value: Some(value) })
    }

    pub fn assign(&self, place: Place, value: Expr) -> Expr {
        self.stmt(Kind::Assign { place, value })
    }

    pub fn aggregate(&self, ty: TypeId, parts: Vec<Expr>) -> Expr {
        self.expr(ty, Kind::Aggregate(parts))
    }

    pub fn union(&self, ty: TypeId, field: u32, payload: Option<Expr>) -> Expr {
        self.expr(ty, Kind::UnionInit { field, payload })
    }

    pub fn intrinsic(&self, ty: TypeId, op: Intrinsic, args: Vec<Expr>) -> Expr {
        self.expr(ty, Kind::Intrinsic { op, args })
    }

    pub fn call(&self, ty: TypeId, callee: InstanceId, args: Vec<Expr>) -> Expr {
        self.expr(ty, Kind::Call { callee: Callee::Instance(callee), args })
    }

    pub fn event_call(
        &self,
        callee: InstanceId,
        args: Vec<Expr>,
        arms: Vec<(Option<LocalId>, Expr)>,
        label: Option<LabelId>,
    ) -> Expr {
        let arms = arms.into_iter().map(|(payload, body)| Arm { payload, body }).collect();
        self.stmt(Kind::EventCall { callee, args, arms, label })
    }

    pub fn give_back(&self, value: Expr) -> Expr {
        self.expr(TypeId::NORETURN, Kind::Return(Some(value)))
    }

    /// The whole body of `main`.
    pub fn root(&mut self, result: TypeId, root: Expr) {
        self.result = result;
        self.body.root = Some(root);
    }

    /// `main` gives back a value.
    pub fn returns(&mut self, result: TypeId, value: Expr) {
        let root = self.give_back(value);
        self.root(result, root);
    }

    /// What was made so far is the body of an instance.
    pub fn finish_as(&mut self, instance: InstanceId, root: Expr) -> InstanceId {
        let mut body = std::mem::take(&mut self.body);
        body.root = Some(root);
        self.cx.instances[instance].params = body.params.iter().map(|&param| body.locals[param].ty).collect();
        self.cx.instances[instance].body = BodyState::Checked(Rc::new(body));
        instance
    }

    /// The locals made so far.
    pub fn body(&self) -> Body {
        self.body.clone()
    }

    /// `main`.
    pub fn finish(mut self) -> InstanceId {
        let root = self.body.root.take().expect("a body");
        let mut main = instance("main", ResultShape::Returns(self.result));
        main.linkage = Linkage::Export;
        let main = self.cx.instances.push(main);
        self.finish_as(main, root)
    }
}

fn instance(name: &str, result: ResultShape) -> Instance {
    Instance {
        name: name.into(),
        params: Vec::new(),
        result,
        origin: Origin::Made,
        linkage: Linkage::Internal,
        convention: koru_flow::Convention::Koru,
        inline: koru_flow::Inline::Auto,
        body: BodyState::Unchecked,
        span: Span::NONE,
    }
}
