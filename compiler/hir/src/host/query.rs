//! Questions about types that many checks ask.
//!
//! Answers come from the table of types; only questions about containers may resolve fields.

use super::*;

/// An integer type's width and sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Integer {
    pub bits: u16,
    pub is_signed: bool,
}

impl Integer {
    pub fn min(self) -> BigInt {
        if self.is_signed && self.bits > 0 { -(BigInt::one() << (self.bits - 1)) } else { BigInt::zero() }
    }

    pub fn max(self) -> BigInt {
        let bits = if self.is_signed { self.bits.saturating_sub(1) } else { self.bits };
        (BigInt::one() << bits) - 1
    }

    pub fn holds(self, number: &BigInt) -> bool {
        self.min() <= *number && *number <= self.max()
    }

    /// Does this type hold every value of `other`?
    pub fn covers(self, other: Integer) -> bool {
        match (self.is_signed, other.is_signed) {
            (true, false) => self.bits > other.bits,
            (false, true) => other.bits == 0,
            _ => self.bits >= other.bits,
        }
    }

    /// The number whose bits in this type are the low bits of `number`.
    pub fn wrap(self, number: &BigInt) -> BigInt {
        let modulus = BigInt::one() << self.bits;
        let low = ((number % &modulus) + &modulus) % &modulus;
        if self.is_signed && low > self.max() { low - modulus } else { low }
    }
}

/// What can be iterated, indexed and sliced.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    pub child: TypeId,
    /// Known for arrays and pointers to them.
    pub len: Option<u64>,
    pub sentinel: Option<Value>,
    pub is_const: bool,
}

impl Context<'_> {
    pub(crate) fn ty(&self, id: TypeId) -> &Type {
        self.types.get(id)
    }

    /// Width and sign of an integer type.
    pub(crate) fn integer(&self, ty: TypeId) -> Option<Integer> {
        let word = (self.target.pointer_bytes * 8) as u16;
        match *self.ty(ty) {
            Type::Int { bits, is_signed } => Some(Integer { bits, is_signed }),
            Type::Usize => Some(Integer { bits: word, is_signed: false }),
            Type::Isize => Some(Integer { bits: word, is_signed: true }),
            _ => None,
        }
    }

    pub(crate) fn is_integer(&self, ty: TypeId) -> bool {
        ty == TypeId::COMPTIME_INT || self.integer(ty).is_some()
    }

    pub(crate) fn is_float(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty), Type::Float(_) | Type::ComptimeFloat)
    }

    pub(crate) fn pointer(&self, ty: TypeId) -> Option<&Pointer> {
        match self.ty(ty) {
            Type::Pointer(pointer) => Some(pointer),
            _ => None,
        }
    }

    /// What a pointer to one thing points to.
    pub(crate) fn pointee(&self, ty: TypeId) -> Option<TypeId> {
        self.pointer(ty).filter(|pointer| pointer.size == PointerSize::One).map(|pointer| pointer.child)
    }

    /// Is it what a `[*c]T` is behind its null? Such a type is an optional of one.
    pub(crate) fn is_pointer_of_c(&self, ty: TypeId) -> bool {
        self.pointer(ty).is_some_and(|pointer| pointer.size == PointerSize::C)
    }

    pub(crate) fn is_slice(&self, ty: TypeId) -> bool {
        self.pointer(ty).is_some_and(|pointer| pointer.size == PointerSize::Slice)
    }

    pub(crate) fn optional_child(&self, ty: TypeId) -> Option<TypeId> {
        match *self.ty(ty) {
            Type::Optional(child) => Some(child),
            _ => None,
        }
    }

    /// Set and payload of an error union.
    pub(crate) fn error_union(&self, ty: TypeId) -> Option<(TypeId, TypeId)> {
        match *self.ty(ty) {
            Type::ErrorUnion { set, payload } => Some((set, payload)),
            _ => None,
        }
    }

    pub(crate) fn is_error_set(&self, ty: TypeId) -> bool {
        matches!(self.ty(ty), Type::ErrorSet(_))
    }

    pub(crate) fn container_of(&self, ty: TypeId) -> Option<ContainerId> {
        match *self.ty(ty) {
            Type::Container(id) => Some(id),
            _ => None,
        }
    }

    pub(crate) fn kind_of(&self, ty: TypeId) -> Option<ContainerKind> {
        self.container_of(ty).map(|id| self.containers[id].kind)
    }

    /// The enum that tags a union, where it has one.
    pub(crate) fn union_tag(&mut self, ty: TypeId) -> Option<TypeId> {
        let id = self.container_of(ty)?;
        if self.containers[id].kind != ContainerKind::Union {
            return None;
        }
        fields(self, id);
        self.containers[id].tag
    }

    /// Arrays, pointers to them, slices and many-pointers.
    pub(super) fn sequence(&self, ty: TypeId) -> Option<Sequence> {
        match self.ty(ty) {
            Type::Array { len, sentinel, child } => {
                Some(Sequence { child: *child, len: Some(*len), sentinel: sentinel.clone(), is_const: false })
            }
            Type::Vector { len, child } => {
                Some(Sequence { child: *child, len: Some(u64::from(*len)), sentinel: None, is_const: false })
            }
            Type::Pointer(pointer) if pointer.size == PointerSize::One => match self.ty(pointer.child) {
                Type::Array { .. } => {
                    let inner = self.sequence(pointer.child)?;
                    Some(Sequence { is_const: pointer.is_const, ..inner })
                }
                _ => None,
            },
            Type::Pointer(pointer) => Some(Sequence {
                child: pointer.child,
                len: None,
                sentinel: pointer.sentinel.clone(),
                is_const: pointer.is_const,
            }),
            _ => None,
        }
    }

    /// Where a container is declared: its name, or its first words. Files are declared nowhere.
    pub(super) fn head_of(&self, id: ContainerId) -> Span {
        let container = &self.containers[id];
        if let Some(&head) = self.host.heads.get(&id) {
            return head;
        }
        if container.kind == ContainerKind::Module {
            return Span::NONE;
        }
        let text = self.sources.slice(container.span);
        let head = text.split(['{', '\n']).next().unwrap_or(text).trim_end();
        Span { end: container.span.start + head.len() as u32, ..container.span }
    }

    /// Do values of this type exist only while compiling?
    pub(crate) fn is_comptime_only(&mut self, ty: TypeId) -> bool {
        match self.ty(ty).clone() {
            Type::Type | Type::ComptimeInt | Type::ComptimeFloat | Type::Undefined | Type::Null => true,
            Type::EnumLiteral | Type::FunctionName | Type::Function(_) => true,
            Type::Array { child, .. } | Type::Optional(child) => self.is_comptime_only(child),
            Type::ErrorUnion { payload, .. } => self.is_comptime_only(payload),
            Type::Pointer(pointer) => {
                !matches!(self.ty(pointer.child), Type::Function(_)) && self.is_comptime_only(pointer.child)
            }
            Type::Tuple(fields) => {
                fields.iter().any(|field| field.value.is_none() && self.is_comptime_only(field.ty))
            }
            Type::Container(id) => self.is_container_comptime_only(id),
            _ => false,
        }
    }

    fn is_container_comptime_only(&mut self, id: ContainerId) -> bool {
        let kind = self.containers[id].kind;
        if !matches!(kind, ContainerKind::Struct | ContainerKind::Union) || self.host.resolving.contains(&id)
        {
            return false;
        }
        let all = fields(self, id);
        // A container that reaches itself through a pointer says nothing new about itself.
        self.host.resolving.insert(id);
        let found = all.iter().any(|field| !field.is_comptime && self.is_comptime_only(field.ty));
        self.host.resolving.remove(&id);
        found
    }

    /// The one value of a type that has only one.
    pub(crate) fn only_value(&mut self, ty: TypeId) -> Option<Value> {
        match self.ty(ty).clone() {
            Type::Void => Some(Value::Void),
            Type::Int { bits: 0, .. } => Some(Value::int(0)),
            Type::Tuple(fields) => {
                let values: Option<Vec<Value>> = fields.into_iter().map(|field| field.value).collect();
                Some(Value::Aggregate(values?.into()))
            }
            Type::Array { len: 0, .. } => Some(Value::empty()),
            Type::Container(id) if self.containers[id].kind == ContainerKind::Struct => {
                let all = fields(self, id);
                let value = |field: &ContainerField| field.value.clone().filter(|_| field.is_comptime);
                let values: Option<Vec<Value>> = all.iter().map(value).collect();
                Some(Value::Aggregate(values?.into()))
            }
            _ => None,
        }
    }

    /// `anyopaque`
    pub(crate) fn any_opaque(&mut self) -> TypeId {
        if let Some(ty) = self.host.opaque {
            return ty;
        }
        let id = self.containers.push(Container {
            name: Name::new("anyopaque"),
            kind: ContainerKind::Opaque,
            module: ModuleId(0),
            parent: None,
            captures: Rc::from([]),
            layout: ast::Layout::Auto,
            source: None,
            decls: FxHashMap::default(),
            fields: Some(Rc::from([])),
            tag: None,
            is_open: false,
            span: Span::NONE,
        });
        let ty = self.types.intern(Type::Container(id));
        self.host.opaque = Some(ty);
        ty
    }

    /// Without its optionals and error unions: what a literal written there makes.
    pub(super) fn literal_target(&self, ty: TypeId) -> TypeId {
        match *self.ty(ty) {
            Type::Optional(child) => self.literal_target(child),
            Type::ErrorUnion { payload, .. } => self.literal_target(payload),
            _ => ty,
        }
    }
}

/// The value of an array: bytes where it is made of bytes that are all known.
pub(super) fn array_value(child: TypeId, values: Vec<Value>) -> Value {
    let byte = |value: &Value| match value {
        Value::Int(number) => number.to_u8(),
        _ => None,
    };
    if child == TypeId::U8
        && let Some(bytes) = values.iter().map(byte).collect::<Option<Vec<u8>>>()
    {
        return Value::Bytes(bytes.into());
    }
    Value::Aggregate(values.into())
}

/// The elements of an array's value, or the fields of a struct's.
pub(super) fn elements(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Aggregate(values) => Some(values.to_vec()),
        Value::Bytes(bytes) => Some(bytes.iter().map(|&byte| Value::int(byte)).collect()),
        _ => None,
    }
}
