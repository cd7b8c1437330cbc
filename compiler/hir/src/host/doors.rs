//! Small questions the Koru wing asks: a value known while compiling, a zero, what a module exports.

use super::*;

/// The value of an expression that stands in a container, of type `ty`.
pub fn known_value(cx: &mut Context, container: ContainerId, expr: &ast::Expr, ty: TypeId) -> Option<Known> {
    let mut checker = BodyChecker::new(cx, container, ResultShape::Returns(TypeId::VOID));
    checker.enter();
    let known = checker.known(expr, Some(ty));
    checker.leave();
    known
}

/// What a container declares under this name, where that is known while compiling.
pub fn known_decl(cx: &mut Context, container: ContainerId, name: Name, span: Span) -> Option<Known> {
    match decl(cx, container, name, span) {
        Some(Declared::Known(known)) => Some(known),
        _ => None,
    }
}

/// The value all of whose bits are zero; none where the type holds a pointer, which is never null.
pub fn zero(cx: &mut Context, ty: TypeId) -> Option<Value> {
    match cx.types.get(ty).clone() {
        Type::Int { .. } | Type::Usize | Type::Isize => Some(Value::int(0)),
        Type::Float(_) => Some(Value::Float(0.0.into())),
        Type::Bool => Some(Value::Bool(false)),
        Type::Void => Some(Value::Void),
        Type::Optional(_) => Some(Value::Null),
        Type::Array { len, child, .. } => {
            let element = zero(cx, child)?;
            Some(Value::Aggregate((0..len).map(|_| element.clone()).collect()))
        }
        Type::Container(container) if cx.containers[container].kind == ContainerKind::Struct => {
            let fields = fields(cx, container);
            let values: Option<Vec<_>> = fields.iter().map(|field| zero(cx, field.ty)).collect();
            Some(Value::Aggregate(values?.into()))
        }
        _ => None,
    }
}

/// The functions a container exports, in the order of the text.
pub fn exports(cx: &mut Context, container: ContainerId) -> Vec<InstanceId> {
    let is_export = |decl: &crate::context::Decl| match &decl.source.kind {
        ast::DeclKind::Function(function) => function.linkage == ast::Linkage::Export,
        _ => false,
    };
    let mut found: Vec<_> = cx.containers[container]
        .decls
        .iter()
        .filter(|(_, decl)| is_export(decl))
        .map(|(&name, decl)| (decl.source.span, name))
        .collect();
    found.sort();
    let mut instances = Vec::new();
    for (span, name) in found {
        if let Some(Known { value: Value::Function(function), .. }) = known_decl(cx, container, name, span) {
            instances.push(instance(cx, function, &[]));
        }
    }
    instances
}
