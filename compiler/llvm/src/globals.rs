//! Globals: bytes, addresses among them, and zeros behind.
//!
//! What is constant has no identity, so that LLVM and lld may merge equal data.

use crate::builder::{Value, constant_offset};
use crate::context::{Program, hide};
use inkwell::ThreadLocalMode;
use inkwell::module::Linkage as LlvmLinkage;
use inkwell::types::{BasicType, BasicTypeEnum};
use inkwell::values::{BasicValue, GlobalValue, UnnamedAddress};
use koru_flow::{Global, Linkage, Relocation};

/// Declares a global; its content may name others and follows later.
/// None for those of the compiler's own world.
pub fn declare<'c>(program: &Program<'c, '_>, global: &Global) -> Option<GlobalValue<'c>> {
    if global.linkage == Linkage::Build {
        return None;
    }
    let value = program.module.add_global(content_type(program, global), None, global.name.as_str());
    // lld packs addresses only where they are even.
    let align = if global.relocations.is_empty() { global.align } else { global.align.max(2) };
    value.set_alignment(align);
    value.set_constant(global.is_const);
    match global.linkage {
        Linkage::Internal => value.set_linkage(LlvmLinkage::Internal),
        _ => hide(value),
    }
    if global.linkage == Linkage::Internal && global.is_const {
        value.set_unnamed_address(UnnamedAddress::Global);
    }
    if global.is_threadlocal {
        // The program is one executable: offsets from the thread's pointer are known when linking.
        value.set_thread_local_mode(Some(ThreadLocalMode::LocalExecTLSModel));
    }
    Some(value)
}

/// Gives a global its content.
pub fn define<'c>(program: &Program<'c, '_>, global: &Global, value: GlobalValue<'c>) {
    if global.linkage == Linkage::Import {
        return;
    }
    match content(program, global).as_slice() {
        [piece] => value.set_initializer(piece),
        pieces => value.set_initializer(&program.context.const_struct(pieces, true)),
    }
}

/// A stretch of a global.
enum Piece<'g> {
    Bytes(&'g [u8]),
    Address(Relocation),
    Zeros(u64),
}

/// The stretches of a global in order; never none.
fn layout(global: &Global, pointer_bytes: u32) -> Vec<Piece<'_>> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    // All zeros need no bytes in the file.
    let end = global.bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    for &relocation in &global.relocations {
        let offset = relocation.offset as usize;
        if at < offset {
            pieces.push(Piece::Bytes(&global.bytes[at..offset]));
        }
        pieces.push(Piece::Address(relocation));
        at = offset + pointer_bytes as usize;
    }
    if at < end {
        pieces.push(Piece::Bytes(&global.bytes[at..end]));
        at = end;
    }
    if (at as u64) < global.size || pieces.is_empty() {
        pieces.push(Piece::Zeros(global.size - at as u64));
    }
    pieces
}

fn content_type<'c>(program: &Program<'c, '_>, global: &Global) -> BasicTypeEnum<'c> {
    let types = program.types;
    let field = |piece: &Piece| match piece {
        Piece::Bytes(bytes) => types.bytes(bytes.len() as u64),
        Piece::Address(_) => types.pointer().as_basic_type_enum(),
        Piece::Zeros(count) => types.bytes(*count),
    };
    let pieces = layout(global, program.options.target.pointer_bytes);
    let fields: Vec<_> = pieces.iter().map(field).collect();
    match fields.as_slice() {
        [field] => *field,
        fields => program.context.struct_type(fields, true).as_basic_type_enum(),
    }
}

fn content<'c>(program: &Program<'c, '_>, global: &Global) -> Vec<Value<'c>> {
    let types = program.types;
    let value = |piece: &Piece| match piece {
        Piece::Bytes(bytes) => program.context.const_string(bytes, false).as_basic_value_enum(),
        Piece::Zeros(count) => types.bytes(*count).const_zero(),
        Piece::Address(relocation) => {
            let target = program.address(relocation.target);
            constant_offset(types, target, relocation.addend).as_basic_value_enum()
        }
    };
    layout(global, program.options.target.pointer_bytes).iter().map(value).collect()
}
