//! Containers: making them, what they declare, and their fields.
//!
//! A container type is nominal: where it is written and what it sees of the code around it decide which
//! type it is, so that instances of generic functions have types of their own.

use super::*;
use crate::context::Decl;
use koru_syntax::ast::ItemKind;

/// Where a container type is written, and the compile-time values it sees there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Origin {
    source: usize,
    parent: ContainerId,
    captures: Rc<[(Name, Known)]>,
}

/// Fills a module's container with what its host part declares.
pub fn declare(cx: &mut Context, module: ModuleId) {
    let tree = Arc::clone(&cx.modules[module].tree);
    let host = tree.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Host(decl) => Some(decl),
        _ => None,
    });
    let decls = collect(cx, host);
    let container = cx.modules[module].container;
    cx.containers[container].decls = decls;
    let fields: Vec<ast::ContainerField> = tree.items.iter().filter_map(top_field).cloned().collect();
    if !fields.is_empty() {
        let kind = ast::ContainerKind::Struct { backing: None };
        let source = ast::Container { kind, layout: ast::Layout::Auto, fields, decls: Vec::new() };
        cx.containers[container].kind = ContainerKind::Struct;
        cx.containers[container].source = Some(Arc::new(source));
        cx.containers[container].fields = None;
    }
}

/// Runs the `comptime { .. }` blocks of a container, once somebody uses it.
pub(super) fn run_blocks(cx: &mut Context, id: ContainerId) {
    if !cx.host.begun.insert(id) {
        return;
    }
    let mut blocks: Vec<ast::Block> = Vec::new();
    let block_of = |decl: &ast::Decl| match &decl.kind {
        ast::DeclKind::Comptime(block) => Some(block.clone()),
        _ => None,
    };
    match (&cx.containers[id].source, cx.containers[id].parent) {
        (Some(source), Some(_)) => blocks.extend(source.decls.iter().filter_map(block_of)),
        (_, None) => {
            let module = cx.modules.get(cx.containers[id].module).filter(|module| module.container == id);
            let items = module.map(|module| Arc::clone(&module.tree));
            let host = items.iter().flat_map(|tree| &tree.items).filter_map(|item| match &item.kind {
                ItemKind::Host(decl) => Some(decl),
                _ => None,
            });
            blocks.extend(host.filter_map(block_of));
        }
        _ => {}
    }
    for block in blocks {
        checker(cx, id).comptime_block(&block, Some(TypeId::VOID));
    }
}

/// A field at the top of a file, which makes the file a struct.
fn top_field(item: &koru_syntax::ast::Item) -> Option<&ast::ContainerField> {
    match &item.kind {
        ItemKind::Field(field) => Some(field),
        _ => None,
    }
}

/// Declarations by name; a name declared twice is reported.
fn collect<'a>(cx: &mut Context, all: impl Iterator<Item = &'a ast::Decl>) -> FxHashMap<Name, Decl> {
    let mut decls: FxHashMap<Name, Decl> = FxHashMap::default();
    for decl in all {
        let Some(ident) = declared_name(decl) else { continue };
        if let Some(first) = decls.get(&ident.name) {
            let message = format!("`{}` is declared twice", ident.name);
            let before = declared_name(&first.source).map_or(Span::NONE, |ident| ident.span);
            let diagnostic = Diagnostic::new(codes::HOST015, ident.span, message)
                .also(before, "here it was declared first");
            cx.sink.report(diagnostic);
            continue;
        }
        let decl =
            Decl { source: Arc::new(decl.clone()), is_public: decl.is_public, state: DeclState::Unread };
        decls.insert(ident.name, decl);
    }
    decls
}

/// The name a declaration introduces.
pub(super) fn declared_name(decl: &ast::Decl) -> Option<Ident> {
    match &decl.kind {
        ast::DeclKind::Var { decl, .. } => Some(decl.name),
        ast::DeclKind::Function(function) => Some(function.name),
        ast::DeclKind::Comptime(_) | ast::DeclKind::Test(_) | ast::DeclKind::Error => None,
    }
}

impl BodyChecker<'_, '_> {
    /// The type a `struct { .. }` and the like denotes here.
    pub(super) fn container_type(&mut self, source: &Arc<ast::Container>, span: Span) -> TypeId {
        if is_tuple(source) {
            return self.tuple_type(source);
        }
        let captures = self.captures();
        let address = Arc::as_ptr(source) as usize;
        let origin = Origin { source: address, parent: self.container, captures: captures.clone() };
        if let Some(&id) = self.cx.host.containers.get(&origin) {
            return self.cx.types.intern(Type::Container(id));
        }
        let kind = match source.kind {
            ast::ContainerKind::Struct { .. } => ContainerKind::Struct,
            ast::ContainerKind::Enum { .. } => ContainerKind::Enum,
            ast::ContainerKind::Union { .. } => ContainerKind::Union,
            ast::ContainerKind::Opaque => ContainerKind::Opaque,
        };
        let decls = collect(self.cx, source.decls.iter());
        let head = self.naming.map(|ident| ident.span);
        let name = self.container_name(kind);
        let module = self.cx.containers[self.container].module;
        let id = self.cx.containers.push(Container {
            name,
            kind,
            module,
            parent: Some(self.container),
            captures,
            layout: source.layout,
            source: Some(Arc::clone(source)),
            decls,
            fields: None,
            tag: None,
            is_open: source.fields.iter().any(|field| field.name.name == "_"),
            span,
        });
        self.cx.host.containers.insert(origin, id);
        self.cx.host.heads.extend(head.map(|head| (id, head)));
        self.cx.types.intern(Type::Container(id))
    }

    /// `struct { u32, bool }`
    fn tuple_type(&mut self, source: &ast::Container) -> TypeId {
        let mut fields = Vec::new();
        for field in &source.fields {
            let ty = field.ty.as_ref().map_or(TypeId::ERROR, |ty| self.check_type(ty));
            if ty == TypeId::ERROR {
                return TypeId::ERROR;
            }
            fields.push(TupleField { ty, value: None });
        }
        self.cx.types.intern(Type::Tuple(fields))
    }

    fn container_name(&mut self, kind: ContainerKind) -> Name {
        if let Some(name) = self.naming.take().map(|ident| ident.name).or(self.title) {
            return name;
        }
        let word = match kind {
            ContainerKind::Enum => "enum",
            ContainerKind::Union => "union",
            ContainerKind::Opaque => "opaque",
            ContainerKind::Struct | ContainerKind::Module => "struct",
        };
        let outer = self.cx.containers[self.container].name;
        Name::new(&format!("{outer}.{word}"))
    }
}

/// Fields of a struct or union, or values of an enum.
pub fn fields(cx: &mut Context, id: ContainerId) -> Rc<[ContainerField]> {
    if let Some(fields) = &cx.containers[id].fields {
        return Rc::clone(fields);
    }
    let Some(source) = cx.containers[id].source.clone() else { return Rc::from([]) };
    run_blocks(cx, id);
    if !cx.host.resolving.insert(id) {
        report_loop(cx, id);
        return Rc::from([]);
    }
    let fields = match &source.kind {
        ast::ContainerKind::Struct { .. } => struct_fields(cx, id, &source),
        ast::ContainerKind::Enum { tag } => enum_values(cx, id, &source, tag.as_ref()),
        ast::ContainerKind::Union { tag } => union_fields(cx, id, &source, tag),
        ast::ContainerKind::Opaque => Rc::from([]),
    };
    cx.containers[id].fields = Some(Rc::clone(&fields));
    cx.host.resolving.remove(&id);
    if contains(cx, &fields, id, &mut Vec::new()) {
        report_loop(cx, id);
        let broken = |field: &ContainerField| match holds(cx, field.ty, id, &mut Vec::new()) {
            true => ContainerField { ty: TypeId::ERROR, ..field.clone() },
            false => field.clone(),
        };
        let fields: Rc<[ContainerField]> = fields.iter().map(broken).collect();
        cx.containers[id].fields = Some(Rc::clone(&fields));
        return fields;
    }
    if let ast::ContainerKind::Struct { backing } = &source.kind {
        if let Some(backing) = backing {
            backing_integer(cx, id, backing);
        }
        return defaults(cx, id, &source, &fields);
    }
    fields
}

/// `packed struct(T)` says which integer its fields fill.
fn backing_integer(cx: &mut Context, id: ContainerId, backing: &ast::Expr) {
    let ty = check_type(cx, id, backing);
    if ty == TypeId::ERROR {
        return;
    }
    let Some(integer) = cx.integer(ty) else {
        let message = format!("the fields of a struct fill an integer, and `{}` is none", cx.type_name(ty));
        cx.sink.report(Diagnostic::new(codes::HOST002, backing.span, message));
        return;
    };
    let whole = cx.types.intern(Type::Container(id));
    let is_packed = cx.containers[id].layout == ast::Layout::Packed;
    if !is_packed {
        let diagnostic = Diagnostic::new(codes::HOST002, backing.span, "only packed structs fill an integer");
        cx.sink.report(diagnostic.help("write `packed struct`"));
        return;
    }
    let filled = crate::layout::packed_bits(cx, whole);
    if filled != integer.bits {
        let message =
            format!("the fields fill {filled} bits, and `{}` has {}", cx.type_name(ty), integer.bits);
        cx.sink.report(Diagnostic::new(codes::HOST002, backing.span, message));
    }
}

fn report_loop(cx: &mut Context, id: ContainerId) {
    let container = &cx.containers[id];
    let message = format!("`{}` contains itself", container.name);
    let diagnostic = Diagnostic::new(codes::HOST016, cx.head_of(id), message);
    cx.sink.report(diagnostic.help("put a pointer in between"));
}

/// Do these fields hold, by value, a container that is being made?
fn contains(
    cx: &Context,
    fields: &[ContainerField],
    wanted: ContainerId,
    seen: &mut Vec<ContainerId>,
) -> bool {
    fields.iter().any(|field| holds(cx, field.ty, wanted, seen))
}

fn holds(cx: &Context, ty: TypeId, wanted: ContainerId, seen: &mut Vec<ContainerId>) -> bool {
    match *cx.ty(ty) {
        Type::Array { child, .. } | Type::Optional(child) => holds(cx, child, wanted, seen),
        Type::ErrorUnion { payload, .. } => holds(cx, payload, wanted, seen),
        Type::Container(id) if id == wanted => true,
        Type::Container(id) if !seen.contains(&id) && cx.containers[id].kind != ContainerKind::Enum => {
            seen.push(id);
            cx.containers[id].fields.as_ref().is_some_and(|fields| contains(cx, fields, wanted, seen))
        }
        _ => false,
    }
}

fn checker<'c, 'w>(cx: &'c mut Context<'w>, id: ContainerId) -> BodyChecker<'c, 'w> {
    BodyChecker::new(cx, id, ResultShape::Returns(TypeId::VOID))
}

fn struct_fields(cx: &mut Context, id: ContainerId, source: &ast::Container) -> Rc<[ContainerField]> {
    let mut fields: Vec<ContainerField> = Vec::new();
    for field in &source.fields {
        unique(cx, &fields, field);
        let ty = match &field.ty {
            Some(ty) => named_type(cx, id, field.name, ty),
            None => missing_type(cx, field),
        };
        let align = alignment(cx, id, field);
        let (name, span) = (field.name.name, field.name.span);
        fields.push(ContainerField { name, ty, value: None, is_comptime: field.is_comptime, align, span });
    }
    fields.into()
}

/// A field's type; a container written there is called after the field.
fn named_type(cx: &mut Context, id: ContainerId, field: Ident, ty: &ast::Expr) -> TypeId {
    let naming = Ident { name: cx.containers[id].name.join(field.name), span: field.span };
    let mut checker = checker(cx, id);
    checker.naming = Some(naming);
    checker.check_type(ty)
}

fn missing_type(cx: &mut Context, field: &ast::ContainerField) -> TypeId {
    let message = format!("the field `{}` has no type", field.name.name);
    cx.sink.report(Diagnostic::new(codes::HOST017, field.name.span, message));
    TypeId::ERROR
}

/// The multiple of bytes at which values of a type lie; nothing while that cannot be known, for code that runs to
/// resolve the fields of a type in it may be what asks.
pub(super) fn settled_align(cx: &mut Context, ty: TypeId) -> Option<u32> {
    (cx.host.resolving.is_empty() || is_settled(cx, ty)).then(|| crate::layout::layout(cx, ty).align)
}

fn is_settled(cx: &Context, ty: TypeId) -> bool {
    match cx.types.get(ty) {
        Type::Array { child, .. } | Type::Vector { child, .. } | Type::Optional(child) => {
            is_settled(cx, *child)
        }
        Type::ErrorUnion { payload, .. } => is_settled(cx, *payload),
        Type::Tuple(fields) => fields.iter().all(|field| is_settled(cx, field.ty)),
        Type::Container(id) => {
            let fields = cx.containers[*id].fields.as_ref();
            fields.is_some_and(|fields| fields.iter().all(|field| is_settled(cx, field.ty)))
        }
        _ => true,
    }
}

fn alignment(cx: &mut Context, id: ContainerId, field: &ast::ContainerField) -> Option<u32> {
    checker(cx, id).alignment(field.align.as_ref())
}

/// Are the fields types without names?
fn is_tuple(source: &ast::Container) -> bool {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let is_number = |field: &ast::ContainerField| field.name.name.as_str().starts_with(is_digit);
    !source.fields.is_empty() && source.fields.iter().all(is_number)
}

fn unique(cx: &mut Context, before: &[ContainerField], field: &ast::ContainerField) {
    if field.name.name == "" {
        let message = "either all fields have names, or none of a tuple has one";
        cx.sink.report(Diagnostic::new(codes::HOST013, field.name.span, message));
        return;
    }
    if let Some(first) = before.iter().find(|other| other.name == field.name.name) {
        let message = format!("`{}` is declared twice", field.name.name);
        let diagnostic = Diagnostic::new(codes::HOST015, field.name.span, message);
        cx.sink.report(diagnostic.also(first.span, "here it was declared first"));
    }
}

/// Adds the defaults of a struct's fields, whose types are all known by now.
fn defaults(
    cx: &mut Context,
    id: ContainerId,
    source: &ast::Container,
    plain: &Rc<[ContainerField]>,
) -> Rc<[ContainerField]> {
    if source.fields.iter().all(|field| field.value.is_none()) {
        return Rc::clone(plain);
    }
    let mut fields = plain.to_vec();
    for (index, field) in source.fields.iter().enumerate() {
        let Some(value) = &field.value else { continue };
        let ty = fields[index].ty;
        let known = checker(cx, id).known(value, Some(ty));
        fields[index].value = Some(known.map_or(Value::Undefined, |known| known.value));
        cx.containers[id].fields = Some(fields.clone().into());
    }
    let fields: Rc<[ContainerField]> = fields.into();
    cx.containers[id].fields = Some(Rc::clone(&fields));
    fields
}

fn enum_values(
    cx: &mut Context,
    id: ContainerId,
    source: &ast::Container,
    tag: Option<&ast::Expr>,
) -> Rc<[ContainerField]> {
    let given = tag.map(|tag| check_type(cx, id, tag));
    let mut next = BigInt::zero();
    let mut values: Vec<ContainerField> = Vec::new();
    for field in source.fields.iter().filter(|field| field.name.name != "_") {
        unique(cx, &values, field);
        if let Some(value) = &field.value {
            let ty = given.unwrap_or(TypeId::COMPTIME_INT);
            if let Some(Known { value: Value::Int(number), .. }) = checker(cx, id).known(value, Some(ty)) {
                next = number;
            }
        }
        let (name, span) = (field.name.name, field.name.span);
        let value = Some(Value::Int(next.clone()));
        next += 1;
        values.push(ContainerField { name, ty: TypeId::ERROR, value, is_comptime: false, align: None, span });
    }
    let tag = given.unwrap_or_else(|| smallest(cx, &values));
    for value in &mut values {
        value.ty = tag;
    }
    cx.containers[id].tag = Some(tag);
    values.into()
}

/// The smallest unsigned type that holds all numbers.
fn smallest(cx: &mut Context, values: &[ContainerField]) -> TypeId {
    let bits = |field: &ContainerField| match &field.value {
        Some(Value::Int(number)) => number.bits() as u16,
        _ => 0,
    };
    let bits = values.iter().map(bits).max().unwrap_or(0);
    cx.types.int(bits, false)
}

fn union_fields(
    cx: &mut Context,
    id: ContainerId,
    source: &ast::Container,
    tag: &ast::UnionTag,
) -> Rc<[ContainerField]> {
    let mut fields: Vec<ContainerField> = Vec::new();
    for field in &source.fields {
        unique(cx, &fields, field);
        let ty = field.ty.as_ref().map_or(TypeId::VOID, |ty| named_type(cx, id, field.name, ty));
        let align = alignment(cx, id, field);
        let (name, span) = (field.name.name, field.name.span);
        fields.push(ContainerField { name, ty, value: None, is_comptime: false, align, span });
    }
    let tag = match tag {
        ast::UnionTag::None => None,
        ast::UnionTag::Auto(None) => Some(tag_enum(cx, id, &fields)),
        ast::UnionTag::Auto(tag) => {
            let values = enum_values(cx, id, source, tag.as_ref());
            let tag = values.first().map_or(TypeId::ERROR, |value| value.ty);
            Some(new_tag_enum(cx, id, values, tag))
        }
        ast::UnionTag::Given(tag) => Some(given_tag(cx, id, tag, &fields)),
    };
    cx.containers[id].tag = tag;
    fields.into()
}

fn given_tag(
    cx: &mut Context,
    id: ContainerId,
    tag: &ast::Expr,
    fields_of_union: &[ContainerField],
) -> TypeId {
    let ty = check_type(cx, id, tag);
    let Some(of) = cx.container_of(ty).filter(|&of| cx.containers[of].kind == ContainerKind::Enum) else {
        if ty != TypeId::ERROR {
            let message = format!("a union is tagged by an enum, and `{}` is none", cx.type_name(ty));
            cx.sink.report(Diagnostic::new(codes::HOST002, tag.span, message));
        }
        return tag_enum(cx, id, fields_of_union);
    };
    let values = fields(cx, of);
    for field in fields_of_union {
        if values.iter().all(|value| value.name != field.name) {
            let message = format!("`{}` has no value `{}`", cx.type_name(ty), field.name);
            cx.sink.report(Diagnostic::new(codes::HOST003, field.span, message));
        }
    }
    ty
}

/// The enum of a union's fields, as `union(enum)` and events have it.
pub fn tag_enum(cx: &mut Context, union: ContainerId, fields: &[ContainerField]) -> TypeId {
    let value = |(index, field): (usize, &ContainerField)| ContainerField {
        value: Some(Value::int(index)),
        align: None,
        ..field.clone()
    };
    let mut values: Vec<ContainerField> = fields.iter().enumerate().map(value).collect();
    let tag = smallest(cx, &values);
    for value in &mut values {
        value.ty = tag;
    }
    new_tag_enum(cx, union, values.into(), tag)
}

fn new_tag_enum(cx: &mut Context, union: ContainerId, values: Rc<[ContainerField]>, tag: TypeId) -> TypeId {
    let of = &cx.containers[union];
    let container = Container {
        name: of.name.join("Tag".into()),
        kind: ContainerKind::Enum,
        module: of.module,
        parent: Some(union),
        captures: Rc::from([]),
        layout: ast::Layout::Auto,
        source: None,
        decls: FxHashMap::default(),
        fields: Some(values),
        tag: Some(tag),
        is_open: false,
        span: of.span,
    };
    let id = cx.containers.push(container);
    cx.types.intern(Type::Container(id))
}
