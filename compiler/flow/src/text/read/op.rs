//! Reads one instruction, behind its results.
//!
//! In: the tokens from the operation's word on. Out: an [`Op`]. Words of the tables come last: the
//! first word of everything else is no word of theirs.

use super::{Read, Reader, Token, Word};
use crate::graph::*;

impl Reader<'_> {
    pub(super) fn op(&mut self) -> Read<Op> {
        let Token::Word(word) = self.peek().clone() else { return self.expected("an instruction") };
        self.next += 1;
        match word.as_str() {
            "const" => self.constant().map(Op::Const),
            "slot" => self.slot_id().map(Op::Slot),
            "overflow" => {
                let op = self.of_table("an operation that can overflow")?;
                self.two().map(|[a, b]| Op::Overflow(op, a, b))
            }
            "select" => self.three().map(|[a, b, c]| Op::Select(a, b, c)),
            "mul_add" => self.three().map(|[a, b, c]| Op::MulAdd(a, b, c)),
            "frame" => self.of_table("`address` or `return`").map(Op::Frame),
            "load" => self.load(),
            "store" => self.store(),
            "offset" => self.two().map(|[base, bytes]| Op::Offset { base, bytes }),
            "copy" => {
                let may_overlap = self.eat_word("overlapping");
                self.three().map(|[to, from, bytes]| Op::Copy { to, from, bytes, may_overlap })
            }
            "fill" => self.three().map(|[to, byte, bytes]| Op::Fill { to, byte, bytes }),
            "live" => self.slot_id().map(Op::SlotLive),
            "dead" => self.slot_id().map(Op::SlotDead),
            "show" => {
                let variable = VariableId(self.number()?);
                self.value().map(|address| Op::Show { variable, address })
            }
            "atomic" => self.atomic(),
            "compare_exchange" => self.compare_exchange(),
            "fence" => self.order().map(Op::Fence),
            "splat" => self.value().map(Op::Splat),
            "extract" => self.two().map(|[vector, lane]| Op::Extract { vector, lane }),
            "insert" => self.three().map(|[vector, lane, value]| Op::Insert { vector, lane, value }),
            "shuffle" => self.shuffle(),
            "reduce" => {
                let op = self.of_table("an operation")?;
                self.value().map(|value| Op::Reduce(op, value))
            }
            "call" => self.call(),
            "syscall" => {
                let number = self.number()?;
                self.arguments().map(|args| Op::Syscall { number, args })
            }
            "asm" => self.asm(),
            word => self.of_tables(word),
        }
    }

    /// Operations that are a word and their operands.
    fn of_tables(&mut self, word: &str) -> Read<Op> {
        if let Some(op) = Unary::of(word) {
            return self.value().map(|a| Op::Unary(op, a));
        }
        if let Some(op) = Convert::of(word) {
            return self.value().map(|a| Op::Convert(op, a));
        }
        if let Some(op) = Binary::of(word) {
            return self.two().map(|[a, b]| Op::Binary(op, a, b));
        }
        if let Some(op) = Compare::of(word) {
            return self.two().map(|[a, b]| Op::Compare(op, a, b));
        }
        self.next -= 1;
        self.expected("an instruction")
    }

    fn constant(&mut self) -> Read<Constant> {
        if let Token::Symbol(_) = self.peek() {
            return self.symbol().map(|symbol| match symbol {
                Symbol::Function(id) => Constant::Function(id),
                Symbol::Global(id) => Constant::Global(id),
            });
        }
        if self.eat_word("zero") {
            return Ok(Constant::Zero);
        }
        if self.eat_word("undefined") {
            return Ok(Constant::Undefined);
        }
        if self.eat_word("float") {
            return self.number().map(Constant::Float);
        }
        self.number().map(Constant::Int)
    }

    fn load(&mut self) -> Read<Op> {
        let address = self.value()?;
        let align = self.align()?;
        Ok(Op::Load { address, align, is_volatile: self.eat_word("volatile") })
    }

    fn store(&mut self) -> Read<Op> {
        let [address, value] = self.two()?;
        let align = self.align()?;
        Ok(Op::Store { address, value, align, is_volatile: self.eat_word("volatile") })
    }

    fn atomic(&mut self) -> Read<Op> {
        if self.eat_word("load") {
            let address = self.value()?;
            return Ok(Op::AtomicLoad { address, order: self.order()? });
        }
        if self.eat_word("store") {
            let [address, value] = self.two()?;
            return Ok(Op::AtomicStore { address, value, order: self.order()? });
        }
        let op = self.of_table("`load`, `store` or an update")?;
        let [address, value] = self.two()?;
        Ok(Op::AtomicUpdate { op, address, value, order: self.order()? })
    }

    fn compare_exchange(&mut self) -> Read<Op> {
        let is_weak = self.eat_word("weak");
        let [address, expected, new] = self.three()?;
        let success = self.order()?;
        let failure = self.order()?;
        Ok(Op::CompareExchange { address, expected, new, success, failure, is_weak })
    }

    fn order(&mut self) -> Read<Order> {
        self.of_table("a memory order")
    }

    fn shuffle(&mut self) -> Read<Op> {
        let [left, right] = self.two()?;
        self.mark("[")?;
        Ok(Op::Shuffle { left, right, lanes: self.list("]", Self::number)? })
    }

    fn call(&mut self) -> Read<Op> {
        let callee = self.callee()?;
        self.mark("(")?;
        Ok(Op::Call { callee, args: self.list(")", Self::value)? })
    }

    fn callee(&mut self) -> Read<Callee> {
        if let Token::Symbol(_) = self.peek() {
            let Symbol::Function(id) = self.symbol()? else {
                self.next -= 1;
                return self.expected("the name of a function");
            };
            return Ok(Callee::Function(id));
        }
        let address = self.value()?;
        self.word("as")?;
        let convention = self.word_of().unwrap_or(Convention::Koru);
        self.word("fn")?;
        let signature = Box::new(self.signature(convention)?);
        Ok(Callee::Pointer { address, signature })
    }

    fn asm(&mut self) -> Read<Op> {
        let is_volatile = self.eat_word("volatile");
        let template = self.utf8()?;
        self.mark("(")?;
        let inputs = self.list(")", |reader| Ok((reader.utf8()?, reader.value()?)))?;
        let output = if self.eat("->") { self.utf8()? } else { String::new() };
        let mut clobbers = Vec::new();
        if self.eat_word("clobbers") {
            self.mark("[")?;
            clobbers = self.list("]", Self::name)?;
        }
        Ok(Op::Asm(Box::new(Asm { template, output, inputs, clobbers, is_volatile })))
    }

    fn of_table<W: Word>(&mut self, wanted: &str) -> Read<W> {
        match self.word_of() {
            Some(word) => Ok(word),
            None => self.expected(wanted),
        }
    }

    fn two(&mut self) -> Read<[ValueId; 2]> {
        let first = self.value()?;
        self.mark(",")?;
        Ok([first, self.value()?])
    }

    fn three(&mut self) -> Read<[ValueId; 3]> {
        let [first, second] = self.two()?;
        self.mark(",")?;
        Ok([first, second, self.value()?])
    }
}
