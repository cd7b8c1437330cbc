//! Reads the body of a function: slots, blocks, terminators.
//!
//! In: the tokens between braces. Out: a [`Body`], its blocks and values where their numbers say.
//! A number left out is a value nobody defines; the verifier complains where it is used.

use super::{Read, Reader, Token};
use crate::graph::*;
use koru_base::Span;
use koru_base::idx::{Id, IdVec};

/// What a body holds so far.
#[derive(Default)]
struct Parts {
    slots: IdVec<SlotId, Slot>,
    blocks: Vec<Option<Block>>,
    values: Vec<Option<Type>>,
}

/// Does a step stay in the block?
enum Step {
    Stays(Op),
    Goes(Terminator),
}

impl Reader<'_> {
    pub(super) fn body(&mut self, graph: &Graph, function: FunctionId) -> Read<Body> {
        let mut parts = Parts::default();
        while !self.eat("}") {
            if self.eat_word("slot") {
                self.slot(&mut parts)?;
            } else if self.eat_word("absent") {
                self.define(&mut parts)?;
            } else {
                self.block(&mut parts, graph, function)?;
            }
        }
        let missing = parts.blocks.iter().position(|block| block.is_none());
        if let Some(missing) = missing {
            return Err(self.error(&format!("this body has no block b{missing}")));
        }
        let values = parts.values.into_iter().map(|ty| ty.unwrap_or(Type::BOOL)).collect();
        Ok(Body { blocks: parts.blocks.into_iter().flatten().collect(), values, slots: parts.slots })
    }

    fn slot(&mut self, parts: &mut Parts) -> Read<()> {
        if self.numbered("s", "a slot") != Ok(parts.slots.len() as u32) {
            self.next -= 1;
            return self.expected(&format!("`s{}`: slots stand in order", parts.slots.len()));
        }
        let size = self.number()?;
        let align = self.align()?;
        parts.slots.push(Slot { size, align });
        Ok(())
    }

    fn block(&mut self, parts: &mut Parts, graph: &Graph, function: FunctionId) -> Read<()> {
        let id = self.block_id()?.index();
        let is_new = place(&mut parts.blocks, id).is_none();
        if !is_new {
            self.next -= 1;
            return self.expected("a block that is not there yet");
        }
        let params = if self.eat("(") { self.list(")", |reader| reader.define(parts))? } else { Vec::new() };
        self.mark(":")?;
        let mut insts = Vec::new();
        let terminator = loop {
            let results = self.results(parts)?;
            match self.step(graph, function)? {
                Step::Goes(terminator) if results.is_empty() => break terminator,
                Step::Goes(_) => return Err(self.error_before("the end of a block has no results")),
                Step::Stays(op) => insts.push(Inst { results, op, span: Span::NONE }),
            }
        };
        parts.blocks[id] = Some(Block { params, insts, terminator, span: Span::NONE });
        Ok(())
    }

    /// `v3: i32`, where a value is defined.
    fn define(&mut self, parts: &mut Parts) -> Read<ValueId> {
        let value = self.value()?;
        self.mark(":")?;
        let ty = self.ty()?;
        match place(&mut parts.values, value.index()).replace(ty) {
            Some(other) if other != ty => {
                Err(self.error_before(&format!("{value} has another type already")))
            }
            _ => Ok(value),
        }
    }

    /// `v2: i32, v3: i1 =`, or nothing.
    fn results(&mut self, parts: &mut Parts) -> Read<Vec<ValueId>> {
        let mut results = Vec::new();
        while self.is_value() {
            results.push(self.define(parts)?);
            if !self.eat(",") {
                self.mark("=")?;
                break;
            }
        }
        Ok(results)
    }

    fn step(&mut self, graph: &Graph, function: FunctionId) -> Read<Step> {
        if let Some(terminator) = self.terminator(graph, function)? {
            return Ok(Step::Goes(terminator));
        }
        match self.op()? {
            Op::Call { callee, args } if self.eat("[") => {
                let exits = self.call_exits(graph.signature(&callee))?;
                Ok(Step::Goes(Terminator::Call { callee, args, exits }))
            }
            op => Ok(Step::Stays(op)),
        }
    }

    /// A terminator, but for calls: those start like the instruction.
    fn terminator(&mut self, graph: &Graph, function: FunctionId) -> Read<Option<Terminator>> {
        let Token::Word(word) = self.peek().clone() else { return self.expected("an instruction") };
        let start = self.next;
        self.next += 1;
        Ok(Some(match word.as_str() {
            "jump" => Terminator::Jump(self.target()?),
            "branch" => {
                let condition = self.value()?;
                self.mark(",")?;
                let then = self.target()?;
                self.mark(",")?;
                Terminator::Branch { condition, then, otherwise: self.target()? }
            }
            "switch" => self.switch()?,
            "exit" => {
                let index = self.exit_index(Some(&graph.functions[function].signature))?;
                Terminator::Exit { index, values: self.arguments()? }
            }
            "unreachable" => Terminator::Unreachable,
            "trap" => Terminator::Trap,
            _ => {
                self.next = start;
                return Ok(None);
            }
        }))
    }

    fn switch(&mut self) -> Read<Terminator> {
        let value = self.value()?;
        self.mark("[")?;
        let mut cases = Vec::new();
        while !self.eat_word("else") {
            let case = self.number()?;
            self.mark("->")?;
            cases.push((case, self.target()?));
            self.mark(",")?;
        }
        self.mark("->")?;
        let default = self.target()?;
        self.mark("]")?;
        Ok(Terminator::Switch { value, cases, default })
    }

    /// The blocks behind a call, in any order, each once.
    fn call_exits(&mut self, signature: Option<&Signature>) -> Read<Vec<BlockId>> {
        let mut exits = Vec::new();
        self.list("]", |reader| {
            let index = reader.exit_index(signature)?;
            reader.mark("->")?;
            let block = reader.block_id()?;
            match place(&mut exits, index as usize).replace(block) {
                None => Ok(()),
                Some(_) => Err(reader.error_before("this exit leads on already")),
            }
        })?;
        let missing = exits.iter().position(|exit| exit.is_none());
        match missing {
            Some(index) => Err(self.error(&format!("exit {index} of the callee leads nowhere"))),
            None => Ok(exits.into_iter().flatten().collect()),
        }
    }

    /// An exit by its name or number.
    fn exit_index(&mut self, signature: Option<&Signature>) -> Read<u32> {
        if let Token::Number(_) = self.peek() {
            return self.number();
        }
        let name = self.name()?;
        let exits = signature.map_or(&[][..], |signature| &signature.exits);
        match exits.iter().position(|exit| exit.name == name) {
            Some(index) => Ok(index as u32),
            None => {
                self.next -= 1;
                let names: Vec<_> = exits.iter().map(|exit| exit.name.as_str()).collect();
                self.expected(&format!("one of the exits [{}]", names.join(", ")))
            }
        }
    }

    fn target(&mut self) -> Read<Target> {
        Ok(Target { block: self.block_id()?, args: self.arguments()? })
    }

    /// `(v1, v2)`, or nothing.
    pub(super) fn arguments(&mut self) -> Read<Vec<ValueId>> {
        if self.eat("(") { self.list(")", Self::value) } else { Ok(Vec::new()) }
    }

    fn is_value(&self) -> bool {
        matches!(self.peek(), Token::Word(word) if numbered(word, "v").is_some())
    }

    pub(super) fn value(&mut self) -> Read<ValueId> {
        self.numbered("v", "a value").map(ValueId)
    }

    fn block_id(&mut self) -> Read<BlockId> {
        self.numbered("b", "a block").map(BlockId)
    }

    pub(super) fn slot_id(&mut self) -> Read<SlotId> {
        self.numbered("s", "a slot").map(SlotId)
    }

    fn numbered(&mut self, prefix: &str, wanted: &str) -> Read<u32> {
        let number = match self.peek() {
            Token::Word(word) => numbered(word, prefix),
            _ => None,
        };
        self.accept(number, wanted)
    }
}

/// The number of `v12`. A body of more than a million of anything is a slip of the pen.
fn numbered(word: &str, prefix: &str) -> Option<u32> {
    let digits = word.strip_prefix(prefix)?;
    digits
        .parse()
        .ok()
        .filter(|&number| number < 1_000_000 && digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Element `index` of a vector that grows as needed.
fn place<T>(items: &mut Vec<Option<T>>, index: usize) -> &mut Option<T> {
    if items.len() <= index {
        items.resize_with(index + 1, || None);
    }
    &mut items[index]
}
