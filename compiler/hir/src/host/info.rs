//! `@typeInfo`: a type as a value of `builtin.Type`, whose fields are found by their names.

use super::scope::poison;
use super::*;

/// A part of what is said about a type.
type Part = (&'static str, Value);

impl BodyChecker<'_, '_> {
    pub(super) fn type_info(&mut self, ty: TypeId, span: Span) -> Expr {
        let union = self.builtin_type("Type");
        let (name, parts) = self.describe(ty);
        let Some(id) = self.cx.container_of(union) else { return poison(span) };
        let all = fields(self.cx, id);
        let Some(field) = all.iter().position(|field| field.name == name) else {
            koru_base::bug!("host", "`builtin.Type` has no field `{name}`")
        };
        let payload = match parts {
            Some(parts) => self.ordered(all[field].ty, parts),
            None if name == "error_set" => self.error_list(ty, all[field].ty),
            None => Value::Void,
        };
        Expr::constant(union, span, Value::Union { field: field as u32, payload: Rc::new(payload) })
    }

    /// A struct's value from its parts by name.
    fn ordered(&mut self, ty: TypeId, mut parts: Vec<Part>) -> Value {
        let Some(id) = self.cx.container_of(ty) else {
            koru_base::bug!("host", "type information is no struct")
        };
        let all = fields(self.cx, id);
        let mut values = Vec::new();
        for field in all.iter() {
            let Some(at) = parts.iter().position(|(name, _)| field.name == *name) else {
                koru_base::bug!("host", "nothing is said about `{}`", field.name)
            };
            let value = parts.swap_remove(at).1;
            values.push(match value {
                Value::EnumLiteral(_) => {
                    self.known_as(TypeId::ENUM_LITERAL, &value, field.ty).unwrap_or(value)
                }
                value => value,
            });
        }
        Value::Aggregate(values.into())
    }

    fn describe(&mut self, ty: TypeId) -> (&'static str, Option<Vec<Part>>) {
        let literal = |name: &str| Value::EnumLiteral(Name::new(name));
        match self.cx.ty(ty).clone() {
            Type::Type => ("type", None),
            Type::Void => ("void", None),
            Type::Bool => ("bool", None),
            Type::NoReturn | Type::Error => ("noreturn", None),
            Type::ComptimeInt => ("comptime_int", None),
            Type::ComptimeFloat => ("comptime_float", None),
            Type::Undefined => ("undefined", None),
            Type::Null => ("null", None),
            Type::EnumLiteral => ("enum_literal", None),
            Type::ErrorSet(_) => ("error_set", None),
            Type::Int { .. } | Type::Usize | Type::Isize => {
                let width = self.cx.integer(ty).map_or((0, false), |width| (width.bits, width.is_signed));
                let sign = literal(if width.1 { "signed" } else { "unsigned" });
                ("int", Some(vec![("signedness", sign), ("bits", Value::int(width.0))]))
            }
            Type::Float(bits) => ("float", Some(vec![("bits", Value::int(bits))])),
            Type::Pointer(pointer) => ("pointer", Some(self.pointer_parts(&pointer))),
            Type::Array { len, sentinel, child } => {
                let parts = vec![
                    ("len", Value::int(len)),
                    ("child", Value::Type(child)),
                    ("sentinel_ptr", erased(child, &sentinel)),
                ];
                ("array", Some(parts))
            }
            Type::Vector { len, child } => {
                ("vector", Some(vec![("len", Value::int(len)), ("child", Value::Type(child))]))
            }
            Type::Optional(child) if self.cx.is_pointer_of_c(child) => self.describe(child),
            Type::Optional(child) => ("optional", Some(vec![("child", Value::Type(child))])),
            Type::ErrorUnion { set, payload } => (
                "error_union",
                Some(vec![("error_set", Value::Type(set)), ("payload", Value::Type(payload))]),
            ),
            Type::Tuple(all) => ("struct", Some(self.tuple_parts(&all))),
            Type::Function(function) => ("fn", Some(self.function_parts(&function))),
            Type::FunctionName => (
                "fn",
                Some(self.function_parts(&FunctionType {
                    params: Vec::new(),
                    ret: TypeId::VOID,
                    is_c: false,
                    is_variadic: false,
                })),
            ),
            Type::Container(id) => self.container_parts(id),
        }
    }

    fn pointer_parts(&mut self, pointer: &Pointer) -> Vec<Part> {
        let size = match pointer.size {
            PointerSize::One => "one",
            PointerSize::Many => "many",
            PointerSize::Slice => "slice",
            PointerSize::C => "c",
        };
        vec![
            ("size", Value::EnumLiteral(Name::new(size))),
            ("is_const", Value::Bool(pointer.is_const)),
            ("is_volatile", Value::Bool(pointer.is_volatile)),
            ("alignment", self.alignment_value(pointer.child, pointer.align)),
            ("child", Value::Type(pointer.child)),
            ("address_space", Value::EnumLiteral("generic".into())),
            ("is_allowzero", Value::Bool(false)),
            ("sentinel_ptr", erased(pointer.child, &pointer.sentinel)),
        ]
    }

    /// The multiple of bytes at which such values lie: the one written, or the type's own. Undefined while that is
    /// being found: a field may have a type that is made from a pointer to what it is in.
    fn alignment_value(&mut self, ty: TypeId, written: Option<u32>) -> Value {
        let align = self.known_align(ty, written);
        align.map_or(Value::Undefined, Value::int)
    }

    fn tuple_parts(&mut self, all: &[TupleField]) -> Vec<Part> {
        let fields: Vec<Vec<Part>> = all
            .iter()
            .enumerate()
            .map(|(index, field)| {
                self.field_parts(
                    Name::new(&index.to_string()),
                    field.ty,
                    field.value.is_some(),
                    &field.value,
                    None,
                )
            })
            .collect();
        vec![
            ("layout", Value::EnumLiteral("auto".into())),
            ("fields", self.list_of("StructField", fields)),
            ("decls", self.list_of("Declaration", Vec::new())),
            ("is_tuple", Value::Bool(true)),
        ]
    }

    fn field_parts(
        &mut self,
        name: Name,
        ty: TypeId,
        is_comptime: bool,
        default: &Option<Value>,
        align: Option<u32>,
    ) -> Vec<Part> {
        vec![
            ("name", self.name_text(name)),
            ("type", Value::Type(ty)),
            ("default_value_ptr", erased(ty, default)),
            ("is_comptime", Value::Bool(is_comptime)),
            ("alignment", self.alignment_value(ty, align)),
        ]
    }

    /// A name as `[:0]const u8`.
    pub(super) fn name_text(&mut self, name: Name) -> Value {
        self.cx.text_value(name.as_str().as_bytes()).value
    }

    /// A slice of structs that `builtin.Type` declares.
    fn list_of(&mut self, name: &str, all: Vec<Vec<Part>>) -> Value {
        let union = self.builtin_type("Type");
        let declared =
            self.cx.container_of(union).and_then(|id| decl(self.cx, id, Name::new(name), Span::NONE));
        let Some(Declared::Known(Known { value: Value::Type(ty), .. })) = declared else {
            koru_base::bug!("host", "`builtin.Type` declares no `{name}`")
        };
        let values = all.into_iter().map(|parts| self.ordered(ty, parts)).collect();
        self.cx.slice_value(ty, values).value
    }

    fn function_parts(&mut self, function: &FunctionType) -> Vec<Part> {
        let some = |ty| Value::Some(Rc::new(Value::Type(ty)));
        let params = function.params.iter().map(|&param| vec![("type", some(param))]).collect();
        vec![
            ("params", self.list_of("Param", params)),
            ("return_type", some(function.ret)),
            ("is_var_args", Value::Bool(function.is_variadic)),
        ]
    }

    fn container_parts(&mut self, id: ContainerId) -> (&'static str, Option<Vec<Part>>) {
        let all = fields(self.cx, id);
        let decls = self.public_decls(id);
        let layout = match self.cx.containers[id].layout {
            ast::Layout::Auto => "auto",
            ast::Layout::Extern => "extern",
            ast::Layout::Packed => "packed",
        };
        // Packed fields lie at bits, which counts as no alignment.
        let packed = (layout == "packed").then_some(0);
        let layout = ("layout", Value::EnumLiteral(layout.into()));
        let tag = self.cx.containers[id].tag;
        match self.cx.containers[id].kind {
            ContainerKind::Module | ContainerKind::Struct => {
                let mut parts = Vec::new();
                for field in all.iter() {
                    parts.push(self.field_parts(
                        field.name,
                        field.ty,
                        field.is_comptime,
                        &field.value,
                        packed.or(field.align),
                    ));
                }
                let fields = ("fields", self.list_of("StructField", parts));
                ("struct", Some(vec![layout, fields, decls, ("is_tuple", Value::Bool(false))]))
            }
            ContainerKind::Enum => {
                let mut parts = Vec::new();
                for field in all.iter() {
                    let value = field.value.clone().unwrap_or(Value::int(0));
                    parts.push(vec![("name", self.name_text(field.name)), ("value", value)]);
                }
                let tag = ("tag_type", Value::Type(tag.unwrap_or(TypeId::USIZE)));
                let is_exhaustive = ("is_exhaustive", Value::Bool(!self.cx.containers[id].is_open));
                let fields = ("fields", self.list_of("EnumField", parts));
                ("enum", Some(vec![tag, fields, decls, is_exhaustive]))
            }
            ContainerKind::Union => {
                let mut parts = Vec::new();
                for field in all.iter() {
                    let mut part =
                        self.field_parts(field.name, field.ty, false, &None, packed.or(field.align));
                    part.retain(|(name, _)| !matches!(*name, "is_comptime" | "default_value_ptr"));
                    parts.push(part);
                }
                let tag = tag.map_or(Value::Null, |tag| Value::Some(Rc::new(Value::Type(tag))));
                let fields = ("fields", self.list_of("UnionField", parts));
                ("union", Some(vec![layout, ("tag_type", tag), fields, decls]))
            }
            ContainerKind::Opaque => ("opaque", Some(vec![decls])),
        }
    }

    fn public_decls(&mut self, id: ContainerId) -> Part {
        let container = &self.cx.containers[id];
        let mut names: Vec<Name> =
            container.decls.iter().filter(|(_, decl)| decl.is_public).map(|(name, _)| *name).collect();
        names.sort();
        let mut all = Vec::new();
        for name in names {
            all.push(vec![("name", self.name_text(name))]);
        }
        ("decls", self.list_of("Declaration", all))
    }

    fn error_list(&mut self, set: TypeId, _: TypeId) -> Value {
        let Some(names) = error_names(self.cx, set) else { return Value::Null };
        let mut all = Vec::new();
        for name in names {
            all.push(vec![("name", self.name_text(name))]);
        }
        Value::Some(Rc::new(self.list_of("Error", all)))
    }
}

/// A value as `?*const anyopaque`.
fn erased(ty: TypeId, value: &Option<Value>) -> Value {
    match value {
        Some(value) => Value::Some(Rc::new(Value::Pointer(constants::data_pointer(ty, value.clone())))),
        None => Value::Null,
    }
}
