//! What debuggers are told of variables: where each is in memory, who sees it, and what its type looks like.
//!
//! In: locals as they get their homes, where a program is made for debuggers. Out: `show` instructions, and entries of the
//! graph's [`flow::Watch`]. A local that is a value gets a slot of its own, written once. Code that is made for nobody
//! to watch is not changed by a byte.

use super::Lowering;
use super::code::{Code, Home};
use super::memory::{Address, Base};
use crate::context::{ContainerKind, Context};
use crate::ids::{ContainerId, LocalId, TypeId};
use crate::layout::{Parts, error_names, field_type, layout};
use crate::tree::{self, Body, Expr, Kind};
use crate::types::{Pointer, Type};
use crate::value::Value;
use koru_base::Span;
use koru_flow as flow;
use koru_flow::{Op, Part, Shape, ShapeId, ShapeParts};
use koru_syntax::ast::host::PointerSize;
use num_traits::ToPrimitive;
use rustc_hash::FxHashMap;

/// The shapes of types that were asked for.
#[derive(Default)]
pub(super) struct Shapes {
    known: FxHashMap<TypeId, ShapeId>,
    /// Of all errors, whose names are known in the end.
    errors: Option<ShapeId>,
}

/// The code that sees each local of a body, from where it has its value.
pub(super) fn scopes(body: &Body, whole: Span) -> FxHashMap<LocalId, Span> {
    let mut scopes = FxHashMap::default();
    if let Some(root) = &body.root {
        find_scopes(root, whole, &mut scopes);
    }
    scopes
}

fn find_scopes(expr: &Expr, around: Span, scopes: &mut FxHashMap<LocalId, Span>) {
    let of = |body: &Expr| if body.span.is_written() { body.span } else { around };
    let mut see = |local: &Option<LocalId>, body: &Expr| {
        scopes.extend(local.map(|local| (local, of(body))));
    };
    let mut inner = around;
    match &*expr.kind {
        Kind::IfSome { payload, then, .. } => see(payload, then),
        Kind::IfOk { payload, then, error, otherwise, .. } => {
            see(payload, then);
            if let Some(otherwise) = otherwise {
                see(error, otherwise);
            }
        }
        Kind::ErrDefer { error, body } => see(error, body),
        Kind::EventCall { arms, .. } => arms.iter().for_each(|arm| see(&arm.payload, &arm.body)),
        Kind::Let { local, value } => {
            let start = value.as_ref().map_or(0, |value| value.span.end);
            let start = if start == 0 || start > around.end { around.start } else { start };
            scopes.insert(*local, Span { start, ..around });
        }
        Kind::Block { .. } => inner = of(expr),
        _ => {}
    }
    tree::children(expr, &mut |child| find_scopes(child, inner, scopes));
}

impl Code<'_, '_> {
    /// Tells debuggers where a local is from now on.
    pub fn show(&mut self, local: LocalId) {
        let Some(scopes) = &self.watched else { return };
        let scope = scopes.get(&local).copied();
        let (name, ty, span) = {
            let local = &self.body.locals[local];
            (local.name, local.ty, local.span)
        };
        let layout = self.layout(ty);
        if layout.size == 0 || !span.is_written() || matches!(name.as_str(), "" | "_") {
            return;
        }
        let parameter = self.body.params.iter().position(|&param| param == local).map(|index| index as u32);
        if parameter.is_none() && self.cx.sources.slice(span) != name.as_str() {
            return; // ours, as the count of a loop is
        }
        let scope = scope.filter(|_| parameter.is_none());
        let home = self.home(local);
        let shape = self.program.shape(self.cx, ty);
        let slot =
            |code: &mut Self, size, align| Address::of(Base::Slot(code.builder.slot(size, align)), align);
        let (address, is_behind, offset) = match home {
            Home::Memory(address @ Address { base: Base::Slot(_), offset, .. }) => {
                (Address { offset: 0, ..address }, false, offset)
            }
            Home::Memory(address) => {
                let place = slot(self, 8, 8);
                let value = self.address_value(Address { offset: 0, ..address });
                self.store_scalar(place, value);
                (place, true, address.offset)
            }
            Home::Leaves(leaves) => {
                let place = slot(self, layout.size, layout.align);
                self.store(ty, place, &leaves);
                (place, false, 0)
            }
        };
        let scope = scope.unwrap_or(Span { start: 0, end: u32::MAX, ..span });
        let variable = flow::Variable { name, shape, parameter, span, scope, is_behind, offset };
        let variable = self.program.graph.watch.variables.push(variable);
        let address = self.address_value(address);
        self.builder.effect(Op::Show { variable, address });
    }
}

impl Lowering {
    /// A type as debuggers see it.
    fn shape(&mut self, cx: &mut Context, ty: TypeId) -> ShapeId {
        if let Some(&known) = self.shapes.known.get(&ty) {
            return known;
        }
        let (name, layout) = (cx.type_name(ty), layout(cx, ty));
        let shape = Shape { name, size: layout.size, align: layout.align, parts: ShapeParts::Opaque };
        let id = self.graph.watch.shapes.push(shape);
        // A type may hold pointers to itself.
        self.shapes.known.insert(ty, id);
        let parts = self.parts_of(cx, ty, &layout.parts);
        self.graph.watch.shapes[id].parts = parts;
        id
    }

    fn parts_of(&mut self, cx: &mut Context, ty: TypeId, parts: &Parts) -> ShapeParts {
        let int = |is_signed| ShapeParts::Int { is_signed };
        match (cx.types.get(ty).clone(), parts) {
            (Type::Bool, _) => ShapeParts::Bool,
            (Type::Int { is_signed, .. }, _) => int(is_signed),
            (Type::Usize, _) => int(false),
            (Type::Isize, _) => int(true),
            (Type::Float(_), _) => ShapeParts::Float,
            (Type::Pointer(pointer), Parts::Slice) => {
                let many = Pointer { size: PointerSize::Many, ..pointer };
                let pointer = cx.types.intern(Type::Pointer(many));
                let fields = [("ptr", 0, pointer), ("len", 8, TypeId::USIZE)];
                ShapeParts::Struct(fields.map(|(name, offset, ty)| self.part(cx, name, offset, ty)).into())
            }
            (Type::Pointer(pointer), _) => ShapeParts::Pointer(self.shape(cx, pointer.child)),
            (Type::Array { child, .. }, &Parts::Elements { count, .. }) => {
                ShapeParts::Array { element: self.shape(cx, child), count }
            }
            (Type::Optional(child), Parts::Optional { flag: None }) => match cx.types.get(child) {
                &Type::Pointer(Pointer { child, .. }) => ShapeParts::Pointer(self.shape(cx, child)),
                _ => ShapeParts::Opaque,
            },
            (Type::Optional(child), &Parts::Optional { flag: Some(flag) }) => ShapeParts::Struct(vec![
                self.part(cx, "payload", 0, child),
                self.part(cx, "is_some", flag, TypeId::BOOL),
            ]),
            (Type::ErrorUnion { set, payload: child }, &Parts::ErrorUnion { payload }) => {
                ShapeParts::Struct(vec![
                    self.part(cx, "error", 0, set),
                    self.part(cx, "payload", payload, child),
                ])
            }
            (Type::ErrorSet(_), _) => self.errors(),
            (Type::Tuple(_) | Type::Container(_), Parts::Fields(places)) => {
                let offsets: Vec<_> = places.iter().map(|place| place.offset).collect();
                ShapeParts::Struct(self.fields(cx, ty, &offsets))
            }
            (Type::Container(id), Parts::Union { tag }) => self.union(cx, ty, id, *tag),
            (Type::Container(id), parts) => match (cx.containers[id].kind, parts) {
                (ContainerKind::Enum, _) => enumeration(cx, id),
                (_, Parts::Packed(_)) => int(false),
                _ => ShapeParts::Opaque,
            },
            _ => ShapeParts::Opaque,
        }
    }

    fn part(&mut self, cx: &mut Context, name: &str, offset: u64, ty: TypeId) -> Part {
        Part { name: name.to_owned(), offset, shape: self.shape(cx, ty) }
    }

    /// The fields that take room; those of a tuple are called `_0`, `_1`.
    fn fields(&mut self, cx: &mut Context, ty: TypeId, offsets: &[u64]) -> Vec<Part> {
        let names: Vec<_> = match cx.types.get(ty) {
            &Type::Container(id) => {
                crate::host::fields(cx, id).iter().map(|field| field.name.to_string()).collect()
            }
            _ => (0..offsets.len()).map(|index| format!("_{index}")).collect(),
        };
        let mut parts = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let field = field_type(cx, ty, index as u32);
            if layout(cx, field).size > 0 {
                parts.push(self.part(cx, name, offsets.get(index).copied().unwrap_or(0), field));
            }
        }
        parts
    }

    /// A tagged one is its tag and what lies in the same memory.
    fn union(&mut self, cx: &mut Context, ty: TypeId, id: ContainerId, tag: Option<u64>) -> ShapeParts {
        let parts = self.fields(cx, ty, &[]);
        let (Some(offset), Some(tag)) = (tag, cx.containers[id].tag) else { return ShapeParts::Union(parts) };
        let mut whole = vec![self.part(cx, "tag", offset, tag)];
        if !parts.is_empty() {
            let name = format!("{}.payload", cx.type_name(ty));
            let shape =
                Shape { name, size: offset, align: layout(cx, ty).align, parts: ShapeParts::Union(parts) };
            let shape = self.graph.watch.shapes.push(shape);
            whole.push(Part { name: "payload".to_owned(), offset: 0, shape });
        }
        ShapeParts::Struct(whole)
    }

    /// All errors share their numbers.
    fn errors(&mut self) -> ShapeParts {
        let id = *self.shapes.errors.get_or_insert_with(|| {
            let parts = ShapeParts::Enum(Vec::new());
            self.graph.watch.shapes.push(Shape { name: "anyerror".to_owned(), size: 2, align: 2, parts })
        });
        // What is made of it is filled with it.
        self.graph.watch.shapes[id].parts.clone()
    }

    /// Names the errors, now that all are numbered.
    pub(super) fn name_errors(&mut self, cx: &Context) {
        let Some(errors) = self.shapes.errors else { return };
        let named = |(number, name): (i64, &koru_base::Name)| (format!("error.{name}"), number);
        let names: Vec<_> = (1..).zip(error_names(cx)).map(named).collect();
        let empty = self.graph.watch.shapes[errors].parts.clone();
        for shape in self.graph.watch.shapes.iter_mut().filter(|shape| shape.parts == empty) {
            shape.parts =
                ShapeParts::Enum([("no_error".to_owned(), 0)].into_iter().chain(names.clone()).collect());
        }
    }
}

fn enumeration(cx: &mut Context, id: ContainerId) -> ShapeParts {
    let fields = crate::host::fields(cx, id);
    let named = |field: &crate::context::ContainerField| match &field.value {
        Some(Value::Int(number)) => Some((field.name.to_string(), number.to_i64()?)),
        _ => None,
    };
    ShapeParts::Enum(fields.iter().filter_map(named).collect())
}
