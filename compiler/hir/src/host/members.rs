//! Members: fields of values, declarations of types, methods.
//!
//! A pointer to one thing is looked through; a method's receiver is pointed at or read as its first
//! parameter wants it.

use super::scope::{poison, type_expr};
use super::*;

impl BodyChecker<'_, '_> {
    /// `base.name`
    pub(super) fn field(&mut self, base: &ast::Expr, name: Ident, span: Span) -> Expr {
        if name.name == "len"
            && let Some(len) = self.length_by_type(base)
        {
            return Expr::constant(TypeId::USIZE, span, Value::int(len));
        }
        let base = self.base(base);
        self.member(base, name, span)
    }

    /// How many items an array has that is there only at run time: its type says so while compiling too.
    fn length_by_type(&mut self, base: &ast::Expr) -> Option<u64> {
        let ast::ExprKind::Name(name) = *base.kind else { return None };
        let (depth, scope::Binding::Local(local)) = self.find(name, base.span)? else { return None };
        if depth >= self.floor {
            return None;
        }
        self.mark_used(local);
        self.cx.sequence(self.body.locals[local].ty)?.len
    }

    /// A member of a checked value or type.
    pub(super) fn member(&mut self, base: Expr, name: Ident, span: Span) -> Expr {
        if base.is_poison() {
            return base;
        }
        match base.value() {
            Some(&Value::Type(ty)) if base.ty == TypeId::TYPE => self.type_member(ty, name, span),
            Some(&Value::Event(event)) => self.event_member(event, name, span),
            _ => self.value_member(base, name, span),
        }
    }

    fn event_member(&mut self, event: EventId, name: Ident, span: Span) -> Expr {
        let signature = crate::koru::signature(self.cx, event);
        match (name.name.as_str(), &signature.result) {
            ("Input", _) => type_expr(crate::koru::input_struct(self.cx, event), span),
            ("Output", ResultShape::Branches { output, .. }) => type_expr(*output, span),
            ("Output", ResultShape::Returns(ty)) => type_expr(*ty, span),
            _ => self.error(
                codes::HOST003,
                name.span,
                "an event has `Input`, `Output` and `handler(..)` for host code",
            ),
        }
    }

    fn type_member(&mut self, ty: TypeId, name: Ident, span: Span) -> Expr {
        if let Type::ErrorSet(_) = self.cx.ty(ty) {
            if self.set_takes(ty, name.name) {
                return Expr::constant(ty, span, Value::Error(name.name));
            }
            let names = error_names(self.cx, ty).unwrap_or_default();
            return self.no_member(ty, name, names);
        }
        let Some(id) = self.cx.container_of(ty) else {
            let text = self.cx.type_name(ty);
            return self.error(codes::HOST003, name.span, format!("the type `{text}` has no members"));
        };
        if let Some(found) = self.container_member(id, name) {
            return self.declared(found, span);
        }
        let kind = self.cx.containers[id].kind;
        if matches!(kind, ContainerKind::Enum | ContainerKind::Union) {
            let literal = Value::EnumLiteral(name.name);
            let all = fields(self.cx, id);
            let tag = self.cx.union_tag(ty);
            if tag.is_none()
                && let Some(value) = self.known_as(TypeId::ENUM_LITERAL, &literal, ty)
            {
                return Expr::constant(ty, span, value);
            }
            if let Some(field) = all.iter().position(|field| field.name == name.name)
                && let Some(tag) = tag
                && let Some(value) = self.tag_value(ty, field as u32)
            {
                return Expr::constant(tag, span, value);
            }
        }
        if kind == ContainerKind::Module
            && let Some(event) = crate::koru::event_by_host_name(self.cx, id, name.name)
        {
            return Expr::constant(TypeId::TYPE, span, Value::Event(event));
        }
        let mut names: Vec<Name> = self.cx.containers[id].decls.keys().copied().collect();
        if kind != ContainerKind::Module {
            names.extend(fields(self.cx, id).iter().map(|field| field.name));
        }
        self.no_member(ty, name, names)
    }

    /// What a container declares, where this code may see it.
    pub(super) fn container_member(&mut self, id: ContainerId, name: Ident) -> Option<Declared> {
        let found = decl(self.cx, id, name.name, name.span)?;
        let container = &self.cx.containers[id];
        if self.is_private(id, name) {
            let message = format!("`{}` of `{}` is not public", name.name, container.name);
            let declared = containers::declared_name(&container.decls[&name.name].source);
            let declared = declared.map_or(Span::NONE, |ident| ident.span);
            self.report(
                Diagnostic::new(codes::HOST003, name.span, message)
                    .also(declared, "write `pub` in front of it"),
            );
            return Some(Declared::Known(Known { ty: TypeId::ERROR, value: Value::Undefined }));
        }
        Some(found)
    }

    /// Is it declared without `pub`, in another file?
    fn is_private(&self, id: ContainerId, name: Ident) -> bool {
        let container = &self.cx.containers[id];
        let is_far = container.module != self.cx.containers[self.scope_at(name.span)].module;
        // Text that was made for a file is part of it.
        let is_own = || {
            let file = self.cx.sources.written(name.span).file;
            self.cx.modules.get(container.module).is_some_and(|module| module.file == file)
        };
        is_far && !is_own() && container.decls.get(&name.name).is_some_and(|decl| !decl.is_public)
    }

    /// A method that this code may not call, which was said when it was looked for.
    pub(super) fn is_hidden(&self, ty: TypeId, name: Ident) -> bool {
        let ty = self.cx.pointee(ty).unwrap_or(ty);
        self.cx.container_of(ty).is_some_and(|id| self.is_private(id, name))
    }

    fn no_member(&mut self, ty: TypeId, name: Ident, mut names: Vec<Name>) -> Expr {
        names.sort();
        let text = self.cx.type_name(ty);
        let close = closest(name.name.as_str(), names.iter().map(|name| name.as_str()));
        let diagnostic =
            Diagnostic::new(codes::HOST003, name.span, format!("`{text}` has no member `{}`", name.name));
        let declared = self.cx.container_of(ty).map_or(Span::NONE, |id| self.cx.head_of(id));
        let diagnostic = match close {
            Some(close) => diagnostic.fix(format!("did you mean `{close}`?"), name.span, close),
            None => {
                let listed = self.fields_of(ty);
                diagnostic.also(declared, listed.unwrap_or_else(|| format!("`{text}` is declared here")))
            }
        };
        self.fail(diagnostic)
    }

    /// ``it has `x`, `y` ``, where the fields of a type are few.
    fn fields_of(&mut self, ty: TypeId) -> Option<String> {
        let id = self.cx.container_of(ty)?;
        let names: Vec<_> = fields(self.cx, id).iter().map(|field| format!("`{}`", field.name)).collect();
        (1..=8).contains(&names.len()).then(|| format!("it has {}", names.join(", ")))
    }

    /// Does a value of this type, or what it points to, have this field?
    pub(super) fn has_field(&mut self, ty: TypeId, name: Name) -> bool {
        let ty = self.cx.pointee(ty).unwrap_or(ty);
        match self.cx.container_of(ty) {
            Some(id) => fields(self.cx, id).iter().any(|field| field.name == name),
            None => false,
        }
    }

    /// `value.name`
    pub(super) fn value_member(&mut self, base: Expr, name: Ident, span: Span) -> Expr {
        let base = if self.cx.pointer(base.ty).is_some() { self.settled(base) } else { base };
        let points_to_list = self.cx.pointee(base.ty).is_some_and(|inner| self.cx.pointer(inner).is_some());
        let base = if points_to_list { self.load(base, span) } else { base };
        if name.name == "len"
            && let Some(len) = self.length_of(&base, span)
        {
            return len;
        }
        if let Some(pointer) = self.cx.pointer(base.ty).filter(|it| it.size == PointerSize::Slice).cloned()
            && name.name == "ptr"
        {
            let many = self.many_of(&pointer);
            return self.slice_pointer(base, many, span);
        }
        if let Some(pointer) = self.cx.pointer(base.ty).cloned()
            && name.name == "ptr"
            && let Type::Array { sentinel, child, .. } = self.cx.ty(pointer.child).clone()
        {
            let many = Pointer { size: PointerSize::Many, sentinel, child, ..pointer };
            let many = self.cx.types.intern(Type::Pointer(many));
            return self.coerce(base, many);
        }
        let inner = self.cx.pointee(base.ty);
        let base = if inner.is_some() { self.load(base, span) } else { base };
        let ty = base.ty;
        match self.cx.ty(ty).clone() {
            Type::Tuple(all) => self.tuple_member(base, all.len(), name, span),
            Type::Container(id) => self.container_field(base, id, name, span),
            Type::Optional(_) => {
                let diagnostic = Diagnostic::new(
                    codes::HOST003,
                    name.span,
                    format!("`{}` may be null, so it has no members", self.cx.type_name(ty)),
                );
                self.fail(diagnostic.help("write `.?` in between, or `if (..) |value|`"))
            }
            _ => {
                let mut names = Vec::new();
                if self.cx.sequence(ty).is_some() {
                    names = vec!["len".into(), "ptr".into()];
                }
                self.no_member(ty, name, names)
            }
        }
    }

    /// The first element of a slice, as a many-pointer.
    pub(super) fn slice_pointer(&mut self, base: Expr, many: TypeId, span: Span) -> Expr {
        match base.value() {
            Some(Value::Slice { pointer, .. }) => Expr::constant(many, span, Value::Pointer(pointer.clone())),
            _ => Expr::new(many, span, Kind::SlicePointer(base)),
        }
    }

    fn tuple_member(&mut self, base: Expr, count: usize, name: Ident, span: Span) -> Expr {
        if name.name == "len" {
            return Expr::constant(TypeId::USIZE, span, Value::int(count));
        }
        match name.name.as_str().parse::<u64>() {
            Ok(index) if index < count as u64 => self.part_of(base, index, span),
            _ => self.error(codes::HOST003, name.span, format!("the tuple has {count} fields, from 0 on")),
        }
    }

    fn container_field(&mut self, base: Expr, id: ContainerId, name: Ident, span: Span) -> Expr {
        let all = fields(self.cx, id);
        let Some(index) = all.iter().position(|field| field.name == name.name) else {
            return self.no_field(base, id, name);
        };
        let field = &all[index];
        match self.cx.containers[id].kind {
            ContainerKind::Struct => self.part_of(base, index as u64, span),
            ContainerKind::Union if self.cx.containers[id].tag.is_some() => {
                self.payload(base, index as u32, field.ty, span)
            }
            ContainerKind::Union => {
                if let Some(Value::Union { field: active, payload }) = base.value()
                    && *active == index as u32
                {
                    return Expr::constant(field.ty, span, (**payload).clone());
                }
                let base_ty = base.ty;
                let base = Box::new(self.place_of(base));
                let place = Place::Field { base, base_ty, field: index as u32 };
                Expr::new(field.ty, span, Kind::Read(place))
            }
            _ => self.no_field(base, id, name),
        }
    }

    /// What a tagged union holds under this field.
    pub(super) fn payload(&mut self, base: Expr, field: u32, ty: TypeId, span: Span) -> Expr {
        if let Some(Value::Union { field: active, payload }) = base.value() {
            if *active == field {
                return Expr::constant(ty, span, (**payload).clone());
            }
            return self.error(codes::HOST008, span, "the union holds another field here");
        }
        let base_ty = base.ty;
        let base = Box::new(self.place_of(base));
        Expr::new(ty, span, Kind::Read(Place::UnionPayload { base, base_ty, field }))
    }

    fn no_field(&mut self, base: Expr, id: ContainerId, name: Ident) -> Expr {
        let mut names: Vec<Name> = fields(self.cx, id).iter().map(|field| field.name).collect();
        if self.cx.containers[id].decls.contains_key(&name.name) {
            let text = self.cx.containers[id].name;
            let message = format!("`{}` belongs to the type `{text}`, not to its values", name.name);
            return self.error(codes::HOST003, name.span, message);
        }
        names.extend(self.cx.containers[id].decls.keys().copied());
        self.no_member(base.ty, name, names)
    }

    /// The method of a value's type, and the value as its first parameter wants it.
    pub(super) fn method(&mut self, base: &Expr, name: Ident) -> Option<(FunctionId, Option<Expr>)> {
        let ty = self.cx.pointee(base.ty).unwrap_or(base.ty);
        let id = self.cx.container_of(ty)?;
        let Declared::Known(Known { value: Value::Function(function), .. }) =
            self.container_member(id, name)?
        else {
            return None;
        };
        if self.cx.functions[function].source.params.is_empty() {
            let message = format!("`{}` takes no parameters, so it is no method", name.name);
            self.error(codes::HOST006, name.span, message);
            return Some((function, Some(poison(name.span))));
        }
        let wanted = generics::param_type(self.cx, function, 0, &[]);
        let receiver = self.receiver(base.clone(), wanted);
        Some((function, Some(receiver)))
    }

    fn receiver(&mut self, base: Expr, wanted: Option<TypeId>) -> Expr {
        let span = base.span;
        let Some(wanted) = wanted else { return base };
        let is_pointer = self.cx.pointee(base.ty).is_some();
        match self.cx.pointee(wanted) {
            Some(_) if !is_pointer => {
                let declared = match &*base.kind {
                    Kind::Read(place) => self.root_of(place),
                    _ => None,
                };
                let address = self.address_of(base, span);
                let is_const = self.cx.pointer(address.ty).is_some_and(|pointer| pointer.is_const);
                if is_const && self.cx.pointer(wanted).is_some_and(|pointer| !pointer.is_const) {
                    let message = "the method changes its receiver, and this is a constant";
                    let mut diagnostic = Diagnostic::new(codes::HOST009, span, message);
                    if let Some(declared) = declared {
                        diagnostic = diagnostic.also(declared, "it is declared here");
                    }
                    let takes = self.cx.type_name(wanted);
                    return self.fail(
                        diagnostic
                            .note(format!("the method's first parameter is `{takes}`"))
                            .help("what changes is declared with `var`"),
                    );
                }
                address
            }
            None if is_pointer && self.cx.pointee(base.ty) == Some(wanted) => self.load(base, span),
            _ => base,
        }
    }
}
