//! Instances: functions whose compile-time parameters are known.
//!
//! A parameter is known while compiling where it is `comptime`, or its type exists only then. The values
//! of those, and the types of the others, are the key an instance is remembered by.

use super::*;
use crate::context::{BodyState, Instance, Linkage, Origin};
use koru_flow::{Convention, Inline};

/// What tells instances of a function apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Key {
    pub function: FunctionId,
    pub known: Rc<[Option<Known>]>,
    /// Types of the run-time parameters.
    pub params: Rc<[TypeId]>,
}

/// A parameter as a call supplied it.
#[derive(Clone, Debug)]
pub(super) enum Supplied {
    Known(Known),
    Typed(TypeId),
}

/// The instance of a function with these values for its compile-time parameters.
pub fn instance(cx: &mut Context, function: FunctionId, known: &[Option<Known>]) -> InstanceId {
    let count = cx.functions[function].source.params.len();
    let mut supplied = Vec::new();
    let mut params = Vec::new();
    for index in 0..count {
        match known.get(index) {
            Some(Some(known)) => supplied.push(Supplied::Known(known.clone())),
            _ => {
                let ty = param_type(cx, function, index, &supplied).unwrap_or(TypeId::ERROR);
                params.push(ty);
                supplied.push(Supplied::Typed(ty));
            }
        }
    }
    make(cx, function, &supplied, Span::NONE, None)
}

/// Does a function's meaning depend on what it is called with?
pub(super) fn is_generic(function: &ast::Function) -> bool {
    function.params.iter().any(|param| {
        let is_type = matches!(&*param.ty.kind, ast::ExprKind::Name(name) if *name == "type");
        param.is_comptime || is_type || *param.ty.kind == ast::ExprKind::AnyType
    })
}

/// A checker that sees the parameters supplied so far, for the types behind them.
fn signature_checker<'c, 'w>(
    cx: &'c mut Context<'w>,
    function: FunctionId,
    supplied: &[Supplied],
) -> BodyChecker<'c, 'w> {
    let source = Arc::clone(&cx.functions[function].source);
    let container = cx.functions[function].container;
    let mut checker = BodyChecker::new(cx, container, ResultShape::Returns(TypeId::VOID));
    for (param, supplied) in source.params.iter().zip(supplied) {
        let Some(ident) = param.name else { continue };
        match supplied {
            Supplied::Known(known) => checker.bind_known(ident.name, known.clone()),
            Supplied::Typed(ty) => {
                checker.bind(ident.name, *ty, ident.span, false);
            }
        }
    }
    checker
}

/// The type of a parameter; nothing for `anytype`.
pub(super) fn param_type(
    cx: &mut Context,
    function: FunctionId,
    index: usize,
    supplied: &[Supplied],
) -> Option<TypeId> {
    let source = Arc::clone(&cx.functions[function].source);
    let written = &source.params[index].ty;
    if *written.kind == ast::ExprKind::AnyType {
        return None;
    }
    Some(signature_checker(cx, function, supplied).check_type(written))
}

/// The type a function gives back; `!T` infers its errors from the instance.
pub(super) fn return_type(
    cx: &mut Context,
    function: FunctionId,
    supplied: &[Supplied],
    instance: Option<InstanceId>,
) -> TypeId {
    let source = Arc::clone(&cx.functions[function].source);
    let mut checker = signature_checker(cx, function, supplied);
    let (ast::ExprKind::ErrorUnion { set: None, payload }, Some(instance)) = (&*source.ret.kind, instance)
    else {
        return checker.check_type(&source.ret);
    };
    let payload = checker.check_type(payload);
    if payload == TypeId::ERROR {
        return TypeId::ERROR;
    }
    let set = cx.types.intern(Type::ErrorSet(ErrorSet::Inferred(instance)));
    cx.types.intern(Type::ErrorUnion { set, payload })
}

/// The key of a call.
pub(super) fn key(function: FunctionId, supplied: &[Supplied]) -> Key {
    let known = supplied.iter().map(|supplied| match supplied {
        Supplied::Known(known) => Some(known.clone()),
        Supplied::Typed(_) => None,
    });
    let params = supplied.iter().filter_map(|supplied| match supplied {
        Supplied::Known(_) => None,
        Supplied::Typed(ty) => Some(*ty),
    });
    Key { function, known: known.collect(), params: params.collect() }
}

/// Does the function see compile-time parameters of a function around its container?
fn is_of_generic_type(cx: &Context, function: FunctionId) -> bool {
    !cx.containers[cx.functions[function].container].captures.is_empty()
}

/// The instance a call reaches, made where it is the first of its kind.
pub(super) fn make(
    cx: &mut Context,
    function: FunctionId,
    supplied: &[Supplied],
    at: Span,
    from: Option<InstanceId>,
) -> InstanceId {
    let key = key(function, supplied);
    if let Some(&id) = cx.host.instances.get(&key) {
        // The type of a generic type's function is asked for before the first call of it.
        if at.is_written() && is_of_generic_type(cx, function) {
            cx.host.requests.entry(id).or_insert((at, from));
        }
        return id;
    }
    let source = Arc::clone(&cx.functions[function].source);
    let span = cx.functions[function].span;
    let linkage = decls::function_linkage(&source);
    let name = match linkage {
        Linkage::Internal => unique(cx, instance_name(cx, &key)),
        _ => source.name.name,
    };
    let id = cx.instances.push(Instance {
        name,
        params: key.params.to_vec(),
        result: ResultShape::Returns(TypeId::ERROR),
        origin: Origin::Function { function, known: Rc::clone(&key.known) },
        linkage,
        convention: convention(&source, linkage),
        inline: match (source.is_inline, source.is_noinline) {
            (true, _) => Inline::Always,
            (_, true) => Inline::Never,
            _ => Inline::Auto,
        },
        body: if source.body.is_some() { BodyState::Unchecked } else { BodyState::Elsewhere },
        span,
    });
    cx.host.instances.insert(key, id);
    if at.is_written() {
        cx.host.requests.insert(id, (at, from));
    }
    let ret = return_type(cx, function, supplied, Some(id));
    cx.instances[id].result = ResultShape::Returns(ret);
    if cx.instances[id].convention == Convention::C {
        let params = cx.instances[id].params.clone();
        let spans = source.params.iter().map(|param| param.ty.span);
        foreign::check(cx, spans, &params, (ret, source.ret.span));
    }
    id
}

fn convention(source: &ast::Function, linkage: Linkage) -> Convention {
    match &source.callconv {
        Some(callconv) if types::is_c(callconv) => Convention::C,
        Some(callconv) if matches!(&*callconv.kind, ast::ExprKind::EnumLiteral(name) if name.name == "naked") => {
            Convention::Naked
        }
        None if matches!(linkage, Linkage::Export | Linkage::Extern) => Convention::C,
        _ => Convention::Koru,
    }
}

/// `std.mem.eql(u8)`: what is known, and the types of what is `anytype`.
pub(super) fn instance_name(cx: &Context, key: &Key) -> String {
    let function = &cx.functions[key.function];
    let name = function.name;
    let mut types = key.params.iter();
    let mut known: Vec<String> = Vec::new();
    for (param, value) in function.source.params.iter().zip(key.known.iter()) {
        match (value, &*param.ty.kind) {
            (Some(value), _) => known.push(cx.value_name(value.ty, &value.value)),
            (None, ast::ExprKind::AnyType) => known.extend(types.next().map(|&ty| cx.type_name(ty))),
            (None, _) => {
                types.next();
            }
        }
    }
    if known.is_empty() { name.to_string() } else { format!("{name}({})", known.join(",")) }
}

fn unique(cx: &mut Context, wanted: String) -> Name {
    let name = Name::new(&wanted);
    let count = cx.host.taken.entry(name).or_default();
    *count += 1;
    if *count == 1 { name } else { Name::new(&format!("{wanted}#{count}")) }
}

impl BodyChecker<'_, '_> {
    /// The type of a function that has one without being called.
    pub(super) fn function_type(&mut self, id: FunctionId) -> Option<Rc<FunctionType>> {
        if let Some(known) = self.cx.host.signatures.get(&id) {
            return known.clone();
        }
        let source = Arc::clone(&self.cx.functions[id].source);
        let signature = (!is_generic(&source)).then(|| {
            let instance = instance(self.cx, id, &[]);
            let Instance { params, result, convention, .. } = &self.cx.instances[instance];
            let ResultShape::Returns(ret) = *result else {
                koru_base::bug!("host", "a function with branches")
            };
            let is_c = *convention == Convention::C;
            Rc::new(FunctionType { params: params.clone(), ret, is_c, is_variadic: source.is_variadic })
        });
        self.cx.host.signatures.insert(id, signature.clone());
        signature
    }

    /// `&function`
    pub(super) fn function_pointer(&mut self, id: FunctionId, span: Span) -> Expr {
        let Some(function) = self.function_type(id) else {
            let name = self.cx.functions[id].name;
            let message = format!("`{name}` takes compile-time parameters, so it has no address");
            return self.error(codes::HOST005, span, message);
        };
        let ty = self.cx.types.intern(Type::Function((*function).clone()));
        let pointer = self.cx.types.pointer(ty, true);
        Expr::constant(pointer, span, Value::Instance(instance(self.cx, id, &[])))
    }
}
