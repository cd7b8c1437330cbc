//! Types as debuggers know them, from the graph's shapes.
//!
//! Tagged unions and optionals are structs: LLVM's interface for C has no variant parts, and C's debuggers none to show.

use super::Lines;
use inkwell::AddressSpace;
use inkwell::debug_info::*;
use inkwell::llvm_sys::debuginfo::LLVMMetadataReplaceAllUsesWith;
use koru_base::{FileId, bug};
use koru_flow::{Part, Shape, ShapeId, ShapeParts};

/// DWARF's numbers for kinds of scalars.
mod encoding {
    pub const BOOL: u32 = 2;
    pub const FLOAT: u32 = 4;
    pub const SIGNED: u32 = 5;
    pub const UNSIGNED: u32 = 7;
    /// Bytes: debuggers show what pointers to them point at.
    pub const LETTER: u32 = 8;
}

const POINTER_BITS: u64 = 64;

impl<'c> Lines<'c, '_> {
    /// The type of a shape, made once.
    pub(super) fn ty(&self, id: ShapeId) -> DIType<'c> {
        if let Some(&known) = self.types.borrow().get(&id) {
            return known;
        }
        let shape = &self.watch.shapes[id];
        let is_whole = matches!(shape.parts, ShapeParts::Struct(_) | ShapeParts::Union(_));
        let ty = if is_whole { self.compound(id, shape) } else { self.simple(shape) };
        self.types.borrow_mut().insert(id, ty);
        ty
    }

    fn simple(&self, shape: &Shape) -> DIType<'c> {
        let (builder, bits, align) = (&self.builder, shape.size * 8, shape.align * 8);
        let scalar = |encoding| self.scalar(&shape.name, bits, encoding);
        match &shape.parts {
            ShapeParts::Bool => scalar(encoding::BOOL),
            ShapeParts::Float => scalar(encoding::FLOAT),
            ShapeParts::Int { is_signed: true } => scalar(encoding::SIGNED),
            ShapeParts::Int { is_signed: false } if shape.size == 1 => scalar(encoding::LETTER),
            ShapeParts::Int { is_signed: false } => scalar(encoding::UNSIGNED),
            ShapeParts::Pointer(child) => {
                let child = self.ty(*child);
                builder.create_pointer_type("", child, POINTER_BITS, 0, AddressSpace::default()).as_type()
            }
            ShapeParts::Array { element, count } => {
                let range = 0..i64::try_from(*count).unwrap_or(i64::MAX);
                builder.create_array_type(self.ty(*element), bits, align, &[range]).as_type()
            }
            ShapeParts::Enum(values) => {
                let named: Vec<_> = values
                    .iter()
                    .map(|(name, value)| builder.create_enumerator(name, *value, false))
                    .collect();
                let base = self.scalar("tag", bits, encoding::UNSIGNED);
                let (scope, file) = self.nowhere();
                builder
                    .create_enumeration_type(scope, &shape.name, file, 0, bits, align, &named, base)
                    .as_type()
            }
            ShapeParts::Opaque | ShapeParts::Struct(_) | ShapeParts::Union(_) => self.fields(shape, &[]),
        }
    }

    fn scalar(&self, name: &str, bits: u64, encoding: u32) -> DIType<'c> {
        match self.builder.create_basic_type(name, bits, encoding, DIFlags::ZERO) {
            Ok(ty) => ty.as_type(),
            Err(error) => bug!("llvm", "a type without a name: {error}"),
        }
    }

    /// A type with parts, which may hold pointers to the whole: they get a stand-in until it is made.
    #[allow(unsafe_code)] // inkwell leaves it to us to replace stand-ins
    fn compound(&self, id: ShapeId, shape: &Shape) -> DIType<'c> {
        // SAFETY: the stand-in is replaced below, when no handle of it is left: what was made of it in between is told
        // by LLVM.
        let stand_in = unsafe { self.builder.create_placeholder_derived_type(self.context) };
        self.types.borrow_mut().insert(id, stand_in.as_type());
        let made = match &shape.parts {
            ShapeParts::Struct(parts) | ShapeParts::Union(parts) => self.fields(shape, parts),
            _ => self.fields(shape, &[]),
        };
        self.types.borrow_mut().insert(id, made);
        // SAFETY: both are metadata of this module, and the first is temporary.
        unsafe { LLVMMetadataReplaceAllUsesWith(stand_in.as_mut_ptr(), made.as_mut_ptr()) };
        made
    }

    fn fields(&self, shape: &Shape, parts: &[Part]) -> DIType<'c> {
        let (scope, file) = self.nowhere();
        let (builder, bits, align) = (&self.builder, shape.size * 8, shape.align * 8);
        let field = |part: &Part| {
            let of = &self.watch.shapes[part.shape];
            let (bits, align, offset) = (of.size * 8, of.align * 8, part.offset * 8);
            let ty = self.ty(part.shape);
            builder
                .create_member_type(scope, &part.name, file, 0, bits, align, offset, DIFlags::ZERO, ty)
                .as_type()
        };
        let fields: Vec<_> = parts.iter().map(field).collect();
        let (name, flags) = (&shape.name, DIFlags::ZERO);
        match shape.parts {
            ShapeParts::Union(_) => {
                builder.create_union_type(scope, name, file, 0, bits, align, flags, &fields, 0, "").as_type()
            }
            _ => builder
                .create_struct_type(scope, name, file, 0, bits, align, flags, None, &fields, 0, None, "")
                .as_type(),
        }
    }

    /// Types are of the whole program, and of no line.
    fn nowhere(&self) -> (DIScope<'c>, DIFile<'c>) {
        (self.unit.as_debug_info_scope(), self.file(FileId(0)))
    }
}
