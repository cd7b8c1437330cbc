//! Arguments and results of natives: scalars, and texts as an address with a length.

use koru_flow::Type;
use koru_flow::eval::{Memory, Pointer, Refusal, Value};

/// The arguments of a call, taken one after the other.
pub struct Args<'a> {
    values: std::slice::Iter<'a, Value>,
    pub memory: &'a mut Memory,
}

impl<'a> Args<'a> {
    pub fn new(values: &'a [Value], memory: &'a mut Memory) -> Args<'a> {
        Args { values: values.iter(), memory }
    }

    fn next(&mut self) -> Result<&'a Value, Refusal> {
        self.values.next().ok_or_else(|| Refusal::refused("a function of the compiler lacks an argument"))
    }

    /// The next one as an integer.
    pub fn int(&mut self) -> Result<u64, Refusal> {
        let bits = self.next()?.bits();
        bits.map(|bits| bits as u64)
            .ok_or_else(|| Refusal::refused("an undefined number reaches the compiler"))
    }

    /// The next one as a u32.
    pub fn number(&mut self) -> Result<u32, Refusal> {
        Ok(self.int()? as u32)
    }

    /// The next one as a bool.
    pub fn flag(&mut self) -> Result<bool, Refusal> {
        Ok(self.int()? & 1 == 1)
    }

    /// The next one as an address.
    pub fn pointer(&mut self) -> Result<Pointer, Refusal> {
        let pointer = self.next()?.as_pointer();
        pointer.ok_or_else(|| Refusal::refused("an undefined address reaches the compiler"))
    }

    /// The next two as a slice of bytes: where, and how many.
    pub fn slice(&mut self) -> Result<(Pointer, u64), Refusal> {
        Ok((self.pointer()?, self.int()?))
    }

    /// The next two as bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Refusal> {
        let (pointer, len) = self.slice()?;
        if len == 0 {
            return Ok(Vec::new());
        }
        self.memory.read_bytes(pointer, len).map(<[u8]>::to_vec)
    }

    /// The next two as text; bytes that are none become the replacement character.
    pub fn text(&mut self) -> Result<String, Refusal> {
        Ok(String::from_utf8_lossy(&self.bytes()?).into_owned())
    }
}

/// No result.
pub fn nothing() -> Vec<Value> {
    Vec::new()
}

/// One u32.
pub fn number(value: u32) -> Vec<Value> {
    vec![Value::new(Type::Int(32), value.into())]
}

/// One u8.
pub fn byte(value: u8) -> Vec<Value> {
    vec![Value::new(Type::Int(8), value.into())]
}

/// One bool.
pub fn flag(value: bool) -> Vec<Value> {
    vec![Value::new(Type::BOOL, value.into())]
}

/// One word.
pub fn word(value: u64) -> Vec<Value> {
    vec![Value::word(value)]
}

/// A count, or an error number negated and wrapped.
pub fn count(result: Result<u64, u32>) -> Vec<Value> {
    word(result.unwrap_or_else(|errno| (-i64::from(errno)) as u64))
}

/// A text that stays as long as the program that is given it; a zero stands behind it.
pub fn text(memory: &mut Memory, bytes: &[u8]) -> Result<Vec<Value>, Refusal> {
    let pointer = place(memory, bytes)?;
    Ok(vec![Value::pointer(pointer), Value::word(bytes.len() as u64)])
}

/// Bytes put into memory, with a zero behind them.
pub fn place(memory: &mut Memory, bytes: &[u8]) -> Result<Pointer, Refusal> {
    let mut ended = bytes.to_vec();
    ended.push(0);
    memory.allocate_constant(&ended, 1)
}
