//! Memory: allocations with provenance. Nothing outside an allocation that is alive can be touched.
//!
//! Address: the high half is a mark and the allocation's number, the low half an offset. Origin: the
//! same high half, and the allocation's life, since numbers are used again: an address of an earlier
//! life is noticed. Integers made from addresses keep both; an address put together from other
//! numbers (byte by byte) has no origin and is looked up by its high half alone.
//!
//! Each allocation has two shadows, made when first needed: a byte for each byte that says which bits
//! are undefined, and an origin for each aligned word that holds an address.

pub(super) mod blocks;
pub(super) mod globals;
pub(super) mod shapes;
mod transfer;

use super::value::{Pointer, Word};
use super::{FailureKind, Refusal};
use crate::graph::{FunctionId, GlobalId};

/// All memory of a machine.
#[derive(Debug)]
pub struct Memory {
    allocations: Vec<Allocation>,
    /// Numbers of allocations that may be used again.
    free: Vec<u32>,
    /// Origins of the graph's functions and globals; 0 where none was asked for yet.
    functions: Vec<u64>,
    globals: Vec<u64>,
    used_bytes: u64,
    limit_bytes: u64,
}

/// One area of memory, in one of its lives.
#[derive(Debug, Default)]
pub(super) struct Allocation {
    /// The life above, the mark and the number below.
    origin: u64,
    pub(super) home: Home,
    /// Bytes that may be accessed now: none while a slot is not live.
    reach: usize,
    align: u32,
    is_const: bool,
    /// Was an address, or a part of one, stored where the shadow cannot say so?
    lost_address: bool,
    bytes: Vec<u8>,
    /// Empty while all is defined.
    undefined: Vec<u8>,
    /// Empty while no address is stored.
    origins: Vec<u64>,
}

/// What an allocation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Home {
    #[default]
    Free,
    Slot,
    Block,
    Global(GlobalId),
    /// A global that lives outside.
    Import(GlobalId),
    Function(FunctionId),
}

/// High half of every address: no number a program has by accident.
const MARK: u32 = 0x4000_0000;
/// What an allocation costs besides its bytes: so that empty ones are counted too.
const OVERHEAD_BYTES: u64 = 128;
/// Buffers up to this size are kept when their allocation ends.
const KEPT_BYTES: usize = 4096;

/// What an access does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Read,
    Write,
}

impl Memory {
    pub(super) fn new(limit_bytes: u64) -> Memory {
        let limit_bytes = limit_bytes.min(1 << 30);
        let (allocations, free, functions, globals) = Default::default();
        Memory { allocations, free, functions, globals, used_bytes: 0, limit_bytes }
    }

    /// Bytes in use.
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes
    }

    /// Would so many further bytes be too many?
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), Refusal> {
        if self.used_bytes.saturating_add(bytes) <= self.limit_bytes {
            return Ok(());
        }
        Err(Refusal::new(FailureKind::Memory, format!("more than {} bytes of memory", self.limit_bytes)))
    }

    /// A new allocation of zeros.
    pub(super) fn add(&mut self, home: Home, size: u64, align: u32) -> Result<u64, Refusal> {
        self.check_room(size.saturating_add(OVERHEAD_BYTES))?;
        self.used_bytes += size + OVERHEAD_BYTES;
        let index = match self.free.pop() {
            Some(index) => index as usize,
            None => {
                let origin = u64::from(MARK | self.allocations.len() as u32);
                self.allocations.push(Allocation { origin, ..Allocation::default() });
                self.allocations.len() - 1
            }
        };
        let size = size as usize;
        let allocation = &mut self.allocations[index];
        allocation.bytes.clear();
        if allocation.bytes.capacity() < size {
            // Large areas of zeros cost nothing until they are touched.
            allocation.bytes = vec![0; size];
        } else {
            allocation.bytes.resize(size, 0);
        }
        (allocation.home, allocation.reach, allocation.align) = (home, size, align);
        Ok(allocation.origin)
    }

    /// A slot's memory: undefined, and out of reach unless the slot is live from the start.
    pub(super) fn add_slot(&mut self, size: u64, align: u32, is_live: bool) -> Result<u64, Refusal> {
        let origin = self.add(Home::Slot, size, align)?;
        let allocation = &mut self.allocations[number(origin)];
        allocation.undefined.resize(size as usize, 0xFF);
        if !is_live {
            allocation.reach = 0;
        }
        Ok(origin)
    }

    /// The slot is used from here on, with undefined content.
    pub(super) fn revive(&mut self, origin: u64) {
        let allocation = &mut self.allocations[number(origin)];
        allocation.reach = allocation.bytes.len();
        allocation.undefined.clear();
        allocation.undefined.resize(allocation.reach, 0xFF);
        allocation.origins.clear();
        allocation.lost_address = false;
    }

    /// The slot is out of reach until it is revived.
    pub(super) fn suspend(&mut self, origin: u64) {
        self.allocations[number(origin)].reach = 0;
    }

    /// A slot becomes a block; one that is out of reach ends.
    pub(super) fn keep(&mut self, origin: u64) {
        let allocation = &mut self.allocations[number(origin)];
        if allocation.reach < allocation.bytes.len() {
            return self.remove(origin);
        }
        allocation.home = Home::Block;
    }

    /// Ends the life of an allocation.
    pub(super) fn remove(&mut self, origin: u64) {
        let allocation = &mut self.allocations[number(origin)];
        self.used_bytes -= allocation.bytes.len() as u64 + OVERHEAD_BYTES;
        // 2^32 lives are more than the limit of steps allows.
        let next_life = allocation.origin.wrapping_add(1 << 32);
        let keep = |mut shadow: Vec<u8>| {
            shadow.clear();
            if shadow.capacity() > KEPT_BYTES { Vec::new() } else { shadow }
        };
        let (bytes, undefined) =
            (std::mem::take(&mut allocation.bytes), std::mem::take(&mut allocation.undefined));
        let (bytes, undefined) = (keep(bytes), keep(undefined));
        let mut origins = std::mem::take(&mut allocation.origins);
        origins.clear();
        if origins.capacity() > KEPT_BYTES / 8 {
            origins = Vec::new();
        }
        *allocation = Allocation { origin: next_life, bytes, undefined, origins, ..Allocation::default() };
        self.free.push(number(origin) as u32);
    }

    pub(super) fn allocation(&self, index: usize) -> &Allocation {
        &self.allocations[index]
    }

    /// The allocation an origin belongs to, if it is in the same life.
    pub(super) fn living(&self, origin: u64) -> Option<&Allocation> {
        self.allocations
            .get(number(origin))
            .filter(|found| found.origin == origin && found.home != Home::Free)
    }

    /// Finds `size` bytes: the number of the allocation, and the offset in it.
    #[inline]
    pub(super) fn place(
        &self,
        pointer: Word,
        size: usize,
        access: Access,
    ) -> Result<(usize, usize), Refusal> {
        let offset = pointer.bits as u32 as usize;
        if let Some(allocation) = self.allocations.get(number(pointer.origin))
            && allocation.origin == pointer.origin
            && pointer.bits >> 32 == pointer.origin & 0xFFFF_FFFF
            && pointer.undefined == 0
            && offset + size <= allocation.reach
            && (access == Access::Read || !allocation.is_const)
        {
            return Ok((number(pointer.origin), offset));
        }
        self.place_slowly(pointer, size, access)
    }

    /// Addresses without an origin, and what is wrong with the others.
    #[cold]
    fn place_slowly(&self, pointer: Word, size: usize, access: Access) -> Result<(usize, usize), Refusal> {
        let refuse = |kind, message: &str| Err(Refusal::new(kind, message));
        if pointer.undefined != 0 {
            return refuse(FailureKind::Undefined, "an undefined address is used");
        }
        let origin = self.origin_of(pointer)?;
        let Some(allocation) = self.living(origin) else {
            return refuse(FailureKind::DeadMemory, "the memory at this address is no longer there");
        };
        match allocation.home {
            Home::Function(_) => return refuse(FailureKind::OutOfBounds, "a function's code is no data"),
            Home::Import(_) => {
                return refuse(FailureKind::Refused, "this variable is not there at build time");
            }
            _ if allocation.reach < allocation.bytes.len() => {
                return refuse(FailureKind::DeadMemory, "this variable is out of scope");
            }
            _ => {}
        }
        let offset = pointer.bits.wrapping_sub(start(origin)) as i64;
        let end = (offset as i128) + size as i128;
        if offset < 0 || end > allocation.reach as i128 {
            let message = format!(
                "{size} bytes at offset {offset} are not inside an area of {} bytes",
                allocation.reach
            );
            return refuse(FailureKind::OutOfBounds, &message);
        }
        if access == Access::Write && allocation.is_const {
            return refuse(FailureKind::ConstantWritten, "constant memory is written");
        }
        Ok((number(origin), offset as usize))
    }

    /// The origin of an address: its own, or that of the allocation its high half names now.
    fn origin_of(&self, pointer: Word) -> Result<u64, Refusal> {
        if pointer.origin != 0 {
            return Ok(pointer.origin);
        }
        if pointer.bits < 4096 {
            return Err(Refusal::new(FailureKind::NullPointer, "a null pointer is followed"));
        }
        let high = (pointer.bits >> 32) as u32;
        let named = self.allocations.get((high & !MARK) as usize).filter(|_| high & MARK != 0);
        named.map(|allocation| allocation.origin).ok_or_else(|| {
            let message = format!("the number {:#x} is no address of anything", pointer.bits);
            Refusal::new(FailureKind::WildPointer, message)
        })
    }

    /// Is the address a multiple of `align`?
    #[inline]
    pub(super) fn check_align(&self, pointer: Word, align: u32) -> Result<(), Refusal> {
        if pointer.bits & u64::from(align.wrapping_sub(1)) == 0 || align == 0 {
            return Ok(());
        }
        let offset = pointer.bits as u32;
        let message = format!("an address that should be a multiple of {align} is not (offset {offset})");
        Err(Refusal::new(FailureKind::Misaligned, message))
    }

    /// The function at this address.
    pub(super) fn function_at(&self, pointer: Word) -> Result<FunctionId, Refusal> {
        if pointer.undefined != 0 {
            return Err(Refusal::new(FailureKind::Undefined, "an undefined address is called"));
        }
        let origin = self.origin_of(pointer)?;
        match self.living(origin).map(|allocation| allocation.home) {
            Some(Home::Function(id)) if pointer.bits == start(origin) => Ok(id),
            _ => Err(Refusal::new(FailureKind::BadCall, "an address that is no function's is called")),
        }
    }
}

/// The number of an origin's allocation.
fn number(origin: u64) -> usize {
    (origin as u32 & !MARK) as usize
}

/// The address of an origin's first byte.
fn start(origin: u64) -> u64 {
    origin << 32
}

/// The address of an origin's first byte.
pub(super) fn pointer_to(origin: u64) -> Pointer {
    Pointer { address: start(origin), origin }
}
