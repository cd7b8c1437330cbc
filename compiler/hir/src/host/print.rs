//! Types and values as messages and `@typeName` show them.
//!
//! Structural types print as they are written; containers by their names.

use super::*;
use std::fmt::Write;

impl Context<'_> {
    /// A type as the user would write it.
    pub fn type_name(&self, ty: TypeId) -> String {
        match self.ty(ty) {
            Type::Error => "(unknown)".into(),
            Type::Void => "void".into(),
            Type::Bool => "bool".into(),
            Type::NoReturn => "noreturn".into(),
            Type::Type => "type".into(),
            Type::ComptimeInt => "comptime_int".into(),
            Type::ComptimeFloat => "comptime_float".into(),
            Type::Undefined => "@TypeOf(undefined)".into(),
            Type::Null => "@TypeOf(null)".into(),
            Type::EnumLiteral => "@TypeOf(.enum_literal)".into(),
            Type::Int { bits, is_signed } => format!("{}{bits}", if *is_signed { 'i' } else { 'u' }),
            Type::Usize => "usize".into(),
            Type::Isize => "isize".into(),
            Type::Float(bits) => format!("f{bits}"),
            Type::Pointer(pointer) => self.pointer_name(pointer),
            Type::Array { len, sentinel, child } => {
                format!("[{len}{}]{}", self.sentinel_name(sentinel, *child), self.type_name(*child))
            }
            Type::Vector { len, child } => format!("@Vector({len}, {})", self.type_name(*child)),
            Type::Optional(child) if self.is_pointer_of_c(*child) => self.type_name(*child),
            Type::Optional(child) => format!("?{}", self.type_name(*child)),
            Type::ErrorUnion { set, payload } => self.error_union_name(*set, *payload),
            Type::ErrorSet(set) => error_set_name(set),
            Type::Container(id) => self.containers[*id].name.to_string(),
            Type::Tuple(fields) => {
                let parts: Vec<String> = fields.iter().map(|field| self.tuple_field_name(field)).collect();
                if parts.is_empty() {
                    "struct {}".into()
                } else {
                    format!("struct {{ {} }}", parts.join(", "))
                }
            }
            Type::Function(function) => self.function_name(function),
            Type::FunctionName => "fn".into(),
        }
    }

    fn tuple_field_name(&self, field: &TupleField) -> String {
        let ty = self.type_name(field.ty);
        match &field.value {
            Some(value) => format!("comptime {ty} = {}", self.value_name(field.ty, value)),
            None => ty,
        }
    }

    fn pointer_name(&self, pointer: &Pointer) -> String {
        let sentinel = self.sentinel_name(&pointer.sentinel, pointer.child);
        let mut text = match pointer.size {
            PointerSize::One => "*".to_owned(),
            PointerSize::Many => format!("[*{sentinel}]"),
            PointerSize::Slice => format!("[{sentinel}]"),
            PointerSize::C => "[*c]".to_owned(),
        };
        if let Some(align) = pointer.align {
            let _ = write!(text, "align({align}) ");
        }
        text.push_str(if pointer.is_const { "const " } else { "" });
        text.push_str(if pointer.is_volatile { "volatile " } else { "" });
        text + &self.type_name(pointer.child)
    }

    fn sentinel_name(&self, sentinel: &Option<Value>, child: TypeId) -> String {
        sentinel.as_ref().map(|value| format!(":{}", self.value_name(child, value))).unwrap_or_default()
    }

    fn error_union_name(&self, set: TypeId, payload: TypeId) -> String {
        let payload = self.type_name(payload);
        match self.ty(set) {
            Type::ErrorSet(ErrorSet::Inferred(_)) => format!("!{payload}"),
            _ => format!("{}!{payload}", self.type_name(set)),
        }
    }

    fn function_name(&self, function: &FunctionType) -> String {
        let params: Vec<String> = function.params.iter().map(|&param| self.type_name(param)).collect();
        let dots = if function.is_variadic { ", ..." } else { "" };
        let convention = if function.is_c { " callconv(.c)" } else { "" };
        format!("fn ({}{dots}){convention} {}", params.join(", "), self.type_name(function.ret))
    }

    /// A value of a type, short enough for a message.
    pub fn value_name(&self, ty: TypeId, value: &Value) -> String {
        match value {
            Value::Undefined => "undefined".into(),
            Value::Void => "{}".into(),
            Value::Null => "null".into(),
            Value::Bool(truth) => truth.to_string(),
            Value::Int(number) => match self.enum_value(ty, number) {
                Some(name) => format!(".{name}"),
                None => number.to_string(),
            },
            Value::Float(number) => constants::float_text(*number),
            Value::Type(ty) => self.type_name(*ty),
            Value::EnumLiteral(name) => format!(".{name}"),
            Value::Error(name) => format!("error.{name}"),
            Value::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            Value::Slice { .. } | Value::Pointer(_) => match self.text_of(value) {
                Some(bytes) => format!("{:?}", String::from_utf8_lossy(&bytes)),
                None => "(pointer)".into(),
            },
            Value::Some(inner) | Value::Payload(inner) => {
                let child = self.optional_child(ty).or(self.error_union(ty).map(|(_, payload)| payload));
                self.value_name(child.unwrap_or(ty), inner)
            }
            Value::Function(function) => self.functions[*function].name.to_string(),
            Value::Instance(instance) => self.instances[*instance].name.to_string(),
            Value::Event(event) => self.events[*event].name.to_string(),
            Value::Aggregate(_) | Value::Union { .. } => ".{ .. }".into(),
        }
    }

    /// The name of an enum's number.
    pub(super) fn enum_value(&self, ty: TypeId, number: &BigInt) -> Option<Name> {
        let id = self.container_of(ty).filter(|&id| self.containers[id].kind == ContainerKind::Enum)?;
        let all = self.containers[id].fields.as_ref()?;
        all.iter().find(|field| field.value == Some(Value::Int(number.clone()))).map(|field| field.name)
    }
}

fn error_set_name(set: &ErrorSet) -> String {
    match set {
        ErrorSet::Any => "anyerror".into(),
        ErrorSet::Inferred(_) => "(inferred errors)".into(),
        ErrorSet::Named(names) => {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            format!("error{{{}}}", names.join(","))
        }
    }
}
