//! `@Type`: a value of `builtin.Type` as a type, the way back from `@typeInfo`.
//!
//! Made containers have no declarations.

use super::scope::{poison, type_expr};
use super::types::is_alignment;
use super::*;

/// The parts of a described type, by name.
struct Parts {
    fields: Rc<[ContainerField]>,
    values: Vec<Value>,
}

impl Parts {
    fn get(&self, name: &str) -> Option<(TypeId, &Value)> {
        let at = self.fields.iter().position(|field| field.name == name)?;
        Some((self.fields[at].ty, self.values.get(at)?))
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.get(name)?.1 {
            Value::Int(number) => number.to_u64(),
            _ => None,
        }
    }

    /// In bytes, 0 is that of the type; nothing where there is none like that.
    fn alignment(&self) -> Option<Option<u32>> {
        match self.number("alignment") {
            None | Some(0) => Some(None),
            Some(bytes) => u32::try_from(bytes).ok().filter(|align| is_alignment(*align)).map(Some),
        }
    }

    fn truth(&self, name: &str) -> bool {
        matches!(self.get(name), Some((_, Value::Bool(true))))
    }

    fn ty(&self, name: &str) -> Option<TypeId> {
        match self.get(name)?.1 {
            Value::Type(ty) => Some(*ty),
            _ => None,
        }
    }
}

impl BodyChecker<'_, '_> {
    /// `@Type(description)`
    pub(super) fn type_from(&mut self, description: &ast::Expr, span: Span) -> Expr {
        let union = self.builtin_type("Type");
        let Some(known) = self.known(description, Some(union)) else { return poison(span) };
        let Value::Union { field, payload } = &known.value else { return poison(span) };
        let Some(id) = self.cx.container_of(union) else { return poison(span) };
        let (name, ty) = {
            let field = &fields(self.cx, id)[*field as usize];
            (field.name, field.ty)
        };
        match self.made(name.as_str(), ty, payload, span) {
            Some(ty) => type_expr(ty, span),
            None => {
                self.unsupported(span, &format!("way to make a `{name}` of this kind from data (`@Type`)"))
            }
        }
    }

    fn parts_of(&mut self, ty: TypeId, value: &Value) -> Option<Parts> {
        let id = self.cx.container_of(ty)?;
        Some(Parts { fields: fields(self.cx, id), values: query::elements(value)? })
    }

    /// The name of an enum's value.
    fn choice(&mut self, parts: &Parts, name: &str) -> Option<Name> {
        let (ty, value) = parts.get(name)?;
        let id = self.cx.container_of(ty)?;
        fields(self.cx, id).iter().find(|field| field.value.as_ref() == Some(value)).map(|field| field.name)
    }

    fn made(&mut self, name: &str, ty: TypeId, payload: &Value, span: Span) -> Option<TypeId> {
        let plain = match name {
            "type" => Some(TypeId::TYPE),
            "void" => Some(TypeId::VOID),
            "bool" => Some(TypeId::BOOL),
            "noreturn" => Some(TypeId::NORETURN),
            "comptime_int" => Some(TypeId::COMPTIME_INT),
            "comptime_float" => Some(TypeId::COMPTIME_FLOAT),
            "enum_literal" => Some(TypeId::ENUM_LITERAL),
            _ => None,
        };
        if plain.is_some() {
            return plain;
        }
        let parts = self.parts_of(ty, payload)?;
        match name {
            "int" => {
                let is_signed = self.choice(&parts, "signedness")? == "signed";
                Some(self.cx.types.int(u16::try_from(parts.number("bits")?).ok()?, is_signed))
            }
            "float" => match parts.number("bits")? {
                bits @ (16 | 32 | 64 | 80 | 128) => Some(self.cx.types.intern(Type::Float(bits as u16))),
                _ => None,
            },
            "optional" => Some(self.cx.types.optional(parts.ty("child")?)),
            "array" => {
                let (len, child) = (parts.number("len")?, parts.ty("child")?);
                let sentinel = self.pointed(&parts, "sentinel_ptr")?;
                Some(self.cx.types.intern(Type::Array { len, sentinel, child }))
            }
            "vector" => {
                let (len, child) = (u32::try_from(parts.number("len")?).ok()?, parts.ty("child")?);
                Some(self.cx.types.intern(Type::Vector { len, child }))
            }
            "error_union" => {
                let (set, payload) = (parts.ty("error_set")?, parts.ty("payload")?);
                Some(self.cx.types.intern(Type::ErrorUnion { set, payload }))
            }
            "pointer" => self.made_pointer(&parts),
            "struct" => self.made_struct(&parts, span),
            "enum" => self.made_enum(&parts, span),
            "union" => self.made_union(&parts, span),
            _ => None,
        }
    }

    fn made_pointer(&mut self, parts: &Parts) -> Option<TypeId> {
        let size = match self.choice(parts, "size")?.as_str() {
            "one" => PointerSize::One,
            "many" => PointerSize::Many,
            "slice" => PointerSize::Slice,
            "c" => PointerSize::C,
            _ => return None,
        };
        let sentinel = self.pointed(parts, "sentinel_ptr")?;
        let child = parts.ty("child")?;
        let align = parts.alignment()?.filter(|&align| !self.is_natural(child, align));
        let plain = Pointer::to(size, child, parts.truth("is_const"));
        let pointer = Pointer { align, sentinel, is_volatile: parts.truth("is_volatile"), ..plain };
        Some(self.pointer_of(pointer))
    }

    /// What an optional pointer points to; nothing where that is not known.
    fn pointed(&self, parts: &Parts, name: &str) -> Option<Option<Value>> {
        match parts.get(name)?.1 {
            Value::Null => Some(None),
            Value::Some(pointer) => match &**pointer {
                Value::Pointer(pointer) => Some(Some(self.cx.read_pointer(pointer)?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The fields that are described.
    fn described(&mut self, parts: &Parts) -> Option<Vec<Parts>> {
        let (ty, value) = parts.get("fields")?;
        let child = self.cx.pointer(ty)?.child;
        let values = self.cx.pointed_values(value)?;
        values.iter().map(|value| self.parts_of(child, value)).collect()
    }

    fn name_in(&self, parts: &Parts) -> Option<Name> {
        let text = self.cx.text_of(parts.get("name")?.1)?;
        Some(Name::new(&String::from_utf8(text).ok()?))
    }

    fn made_struct(&mut self, parts: &Parts, span: Span) -> Option<TypeId> {
        let mut made = Vec::new();
        for field in self.described(parts)? {
            let (name, ty) = (self.name_in(&field)?, field.ty("type")?);
            let value = self.pointed(&field, "default_value_ptr")?;
            let is_comptime = field.truth("is_comptime");
            let align = field.alignment()?.filter(|&align| !self.is_natural(ty, align));
            made.push(ContainerField { name, ty, value, is_comptime, align, span });
        }
        if parts.truth("is_tuple") {
            let known = |field: &ContainerField| field.value.clone().filter(|_| field.is_comptime);
            let all = made.iter().map(|field| TupleField { ty: field.ty, value: known(field) }).collect();
            return Some(self.cx.types.intern(Type::Tuple(all)));
        }
        Some(self.made_container(ContainerKind::Struct, parts, made, None, span))
    }

    fn made_enum(&mut self, parts: &Parts, span: Span) -> Option<TypeId> {
        let tag = parts.ty("tag_type")?;
        let mut made = Vec::new();
        for field in self.described(parts)? {
            let (name, value) = (self.name_in(&field)?, Some(field.get("value")?.1.clone()));
            made.push(ContainerField { name, ty: tag, value, is_comptime: false, align: None, span });
        }
        Some(self.made_container(ContainerKind::Enum, parts, made, Some(tag), span))
    }

    fn made_union(&mut self, parts: &Parts, span: Span) -> Option<TypeId> {
        let mut made = Vec::new();
        for field in self.described(parts)? {
            let (name, ty) = (self.name_in(&field)?, field.ty("type")?);
            let align = field.alignment()?.filter(|&align| !self.is_natural(ty, align));
            made.push(ContainerField { name, ty, value: None, is_comptime: false, align, span });
        }
        let tag = match parts.get("tag_type")?.1 {
            Value::Some(tag) => match **tag {
                Value::Type(tag) => Some(tag),
                _ => return None,
            },
            _ => None,
        };
        Some(self.made_container(ContainerKind::Union, parts, made, tag, span))
    }

    fn made_container(
        &mut self,
        kind: ContainerKind,
        parts: &Parts,
        made: Vec<ContainerField>,
        tag: Option<TypeId>,
        span: Span,
    ) -> TypeId {
        let layout = match self.choice(parts, "layout") {
            Some(layout) if layout == "extern" => ast::Layout::Extern,
            Some(layout) if layout == "packed" => ast::Layout::Packed,
            _ => ast::Layout::Auto,
        };
        let is_open = kind == ContainerKind::Enum && !parts.truth("is_exhaustive");
        let outer = self.cx.containers[self.container].name;
        let name = self.naming.take().map(|ident| ident.name).or(self.title);
        let id = self.cx.containers.push(Container {
            name: name.unwrap_or_else(|| outer.join("made".into())),
            kind,
            module: self.cx.containers[self.container].module,
            parent: None,
            captures: Rc::from([]),
            layout,
            source: None,
            decls: FxHashMap::default(),
            fields: Some(made.into()),
            tag,
            is_open,
            span,
        });
        self.cx.types.intern(Type::Container(id))
    }
}
