//! What the embedder does with memory: blocks, bytes, values behind a pointer.

use super::{Access, Home, Memory, pointer_to, start};
use crate::eval::value::{Pointer, Shape, Value, Word};
use crate::eval::{FailureKind, Refusal};
use crate::graph::{Symbol, Type};

/// The area a pointer points into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    /// Its first byte.
    pub start: Pointer,
    /// Where in it the pointer points.
    pub offset: i64,
    pub size: u64,
    pub align: u32,
    pub is_const: bool,
}

impl Memory {
    /// A block of zeros that lives until it is freed.
    pub fn allocate(&mut self, size: u64, align: u32) -> Result<Pointer, Refusal> {
        Ok(pointer_to(self.add(Home::Block, size, align)?))
    }

    /// A block of undefined bytes that lives until it is freed: the place for a result.
    pub fn allocate_undefined(&mut self, size: u64, align: u32) -> Result<Pointer, Refusal> {
        let origin = self.add_slot(size, align, true)?;
        self.allocations[super::number(origin)].home = Home::Block;
        Ok(pointer_to(origin))
    }

    /// A block with these bytes that cannot be written.
    pub fn allocate_constant(&mut self, bytes: &[u8], align: u32) -> Result<Pointer, Refusal> {
        let origin = self.add(Home::Block, bytes.len() as u64, align)?;
        let index = super::number(origin);
        self.put((index, 0), bytes);
        self.allocations[index].is_const = true;
        Ok(pointer_to(origin))
    }

    /// Ends the life of a block, given its first byte.
    pub fn free(&mut self, pointer: Pointer) -> Result<(), Refusal> {
        let origin = self.origin_of(pointer.word())?;
        match self.living(origin).map(|allocation| allocation.home) {
            Some(Home::Block) if pointer.address == start(origin) => {
                self.remove(origin);
                Ok(())
            }
            Some(_) => Err(Refusal::new(FailureKind::BadFree, "what is freed is not the start of a block")),
            None => Err(Refusal::new(FailureKind::DeadMemory, "memory is freed a second time")),
        }
    }

    /// The blocks alive, oldest number first: what leaked, if nothing should be left.
    pub fn blocks(&self) -> Vec<Area> {
        let blocks = self.allocations.iter().filter(|allocation| allocation.home == Home::Block);
        blocks.filter_map(|allocation| self.area(pointer_to(allocation.origin)).ok()).collect()
    }

    /// The area a pointer points into, or beside.
    pub fn area(&self, pointer: Pointer) -> Result<Area, Refusal> {
        let origin = self.origin_of(pointer.word())?;
        let Some(allocation) = self.living(origin) else {
            return Err(Refusal::new(
                FailureKind::DeadMemory,
                "the memory at this address is no longer there",
            ));
        };
        Ok(Area {
            start: pointer_to(origin),
            offset: pointer.address.wrapping_sub(start(origin)) as i64,
            size: allocation.bytes.len() as u64,
            align: allocation.align,
            is_const: allocation.is_const,
        })
    }

    /// The function or global at this address, and how many bytes behind its start.
    pub fn symbol_of(&self, pointer: Pointer) -> Option<(Symbol, i64)> {
        self.symbol_at(pointer.word())
    }

    /// Bytes behind a pointer, all of them defined. Of nothing, any pointer will do.
    pub fn read_bytes(&self, pointer: Pointer, len: u64) -> Result<&[u8], Refusal> {
        let (bytes, undefined) = self.raw_bytes(pointer, len)?;
        match undefined.iter().position(|&shadow| shadow != 0) {
            None => Ok(bytes),
            Some(at) => {
                Err(Refusal::new(FailureKind::Undefined, format!("byte {at} of {len} is read but undefined")))
            }
        }
    }

    /// Is one of these bytes undefined?
    pub fn is_undefined(&self, pointer: Pointer, len: u64) -> Result<bool, Refusal> {
        Ok(self.raw_bytes(pointer, len)?.1.iter().any(|&shadow| shadow != 0))
    }

    /// Bytes and their shadow, which is empty where all are defined.
    fn raw_bytes(&self, pointer: Pointer, len: u64) -> Result<(&[u8], &[u8]), Refusal> {
        if len == 0 {
            return Ok((&[], &[]));
        }
        let len = len.min(1 << 40) as usize;
        let (index, offset) = self.place(pointer.word(), len, Access::Read)?;
        let allocation = self.allocation(index);
        let shadow = allocation.undefined.get(offset..offset + len).unwrap_or(&[]);
        Ok((&allocation.bytes[offset..offset + len], shadow))
    }

    /// Writes bytes behind a pointer. Of nothing, any pointer will do.
    pub fn write_bytes(&mut self, pointer: Pointer, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Ok(());
        }
        let place = self.place(pointer.word(), bytes.len(), Access::Write)?;
        self.put(place, bytes);
        Ok(())
    }

    /// The value of a type behind a pointer; its alignment does not matter.
    pub fn read(&self, pointer: Pointer, ty: Type) -> Result<Value, Refusal> {
        let shape = Shape::of(ty);
        let mut words = vec![Word::default(); shape.words()];
        self.load_shape(pointer.word(), shape, 1, &mut words)?;
        Ok(Value::from_parts(ty, &words))
    }

    /// Writes a value behind a pointer; its alignment does not matter.
    pub fn write(&mut self, pointer: Pointer, value: &Value) -> Result<(), Refusal> {
        self.store_shape(pointer.word(), Shape::of(value.ty()), 1, value.parts())
    }

    /// The address behind a pointer.
    pub fn read_pointer(&self, pointer: Pointer) -> Result<Pointer, Refusal> {
        let value = self.read(pointer, Type::Pointer)?;
        value.as_pointer().ok_or_else(|| Refusal::new(FailureKind::Undefined, "an undefined address is read"))
    }
}
