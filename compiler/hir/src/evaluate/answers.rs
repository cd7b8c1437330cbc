//! What lowered code asks of the compiler itself, before it asks the world.
//!
//! In: a call of a build function. Out: a panic's message as a refusal, the name of an error, or what
//! the world answers. The names have blanks in them, which no function of a program has.

use crate::context::Context;
use crate::layout::error_names;
use koru_base::Name;
use koru_flow::eval::{FailureKind, Memory, Refusal, Value, World};

/// Stops with a message. Takes a text.
pub(super) const PANIC: &str = "a failing check";
/// The name of an error. Takes its number, gives a text.
pub(super) const ERROR_NAME: &str = "the name of an error";

pub(super) struct Answers<'a> {
    world: &'a mut dyn World,
    errors: Vec<Name>,
}

impl<'a> Answers<'a> {
    pub fn new(cx: &Context, world: &'a mut dyn World) -> Answers<'a> {
        Answers { world, errors: error_names(cx).to_vec() }
    }

    fn error_name(&self, args: &[Value], memory: &mut Memory) -> Result<Vec<Value>, Refusal> {
        let number = args[0].number()? as usize;
        let name = number.checked_sub(1).and_then(|index| self.errors.get(index));
        let text = name.map_or("", |name| name.as_str());
        // The NUL behind a name is part of its type.
        let bytes: Vec<u8> = text.bytes().chain([0]).collect();
        let pointer = memory.allocate_constant(&bytes, 1)?;
        Ok(vec![Value::pointer(pointer), Value::word(text.len() as u64)])
    }
}

impl World for Answers<'_> {
    fn call(&mut self, name: Name, args: &[Value], memory: &mut Memory) -> Result<Vec<Value>, Refusal> {
        match name.as_str() {
            PANIC => {
                let text = memory.read_bytes(args[0].address()?, args[1].number()?)?;
                Err(Refusal::new(FailureKind::Panic, String::from_utf8_lossy(text)))
            }
            ERROR_NAME => self.error_name(args, memory),
            _ => self.world.call(name, args, memory),
        }
    }
}
