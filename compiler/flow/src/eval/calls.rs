//! Calls: frames on a stack of our own, so that no depth of build-time code is a depth of the compiler.
//!
//! The top frame runs until it calls or leaves. Registers of all frames are one vector that never
//! shrinks and is not cleared: each value is written before it is read.

use super::code::{CallPlan, CalleePlan, Code, Decoded};
use super::memory::Memory;
use super::step::{Event, Frame};
use super::value::Word;
use super::{Failure, FailureKind, Outcome, Refusal, Slots, Value, World, decode, limits, warm};
use crate::graph::{Body, Function, FunctionId, Graph, Linkage, Signature};
use koru_base::bug;
use koru_base::idx::Id;
use std::rc::Rc;

/// What is kept from call to call.
#[derive(Default)]
pub(super) struct Stack {
    decoded: Vec<Option<Known>>,
    registers: Vec<Word>,
    /// Origins of all frames' slots.
    slots: Vec<u64>,
    frames: Vec<Suspended>,
}

/// A function that was called before.
#[derive(Clone)]
struct Known {
    code: Rc<Decoded>,
    /// Until it is warm.
    calls_left: u32,
}

/// A frame that does not run at the moment.
struct Suspended {
    code: Rc<Decoded>,
    position: usize,
    /// Its first register.
    base: usize,
    /// Its first slot.
    slots: usize,
}

/// Registers kept from call to call; more than this go back to the system.
const KEPT_REGISTERS: usize = 1 << 20;

impl Stack {
    fn shrink(&mut self) {
        if self.registers.len() > KEPT_REGISTERS {
            self.registers.truncate(KEPT_REGISTERS);
            self.registers.shrink_to_fit();
        }
    }
}

/// One call from outside.
pub(super) struct Run<'a> {
    pub graph: &'a Graph,
    pub world: &'a mut dyn World,
    pub stack: &'a mut Stack,
    pub memory: &'a mut Memory,
    pub depth: usize,
    pub fuel: u64,
    pub slots: Slots,
}

impl Run<'_> {
    pub fn call(&mut self, function: FunctionId, args: &[Value]) -> Result<Outcome, Failure> {
        let result = self.run(function, args);
        result.map_err(|refusal| {
            let frames = self.stack.frames.iter().rev();
            let place = |frame: &Suspended| (frame.code.name, frame.code.spans[frame.position]);
            let mut stack: Vec<_> = frames.map(place).collect();
            if stack.is_empty() {
                let function = &self.graph.functions[function];
                stack.push((function.name, function.span));
            }
            self.stack.frames.clear();
            self.end_slots(0);
            self.stack.shrink();
            Failure::new(refusal, stack)
        })
    }

    fn run(&mut self, function: FunctionId, args: &[Value]) -> Result<Outcome, Refusal> {
        let signature = &self.graph.functions[function].signature;
        if !args.iter().map(Value::ty).eq(signature.params.iter().copied()) {
            bug!("evaluator", "the arguments of {function} do not fit its signature");
        }
        let code = self.code(function)?;
        self.enter(code)?;
        let words = args.iter().flat_map(Value::parts);
        self.stack.registers.iter_mut().zip(words).for_each(|(register, word)| *register = *word);
        loop {
            match self.resume()? {
                Event::Call(plan) => self.start(plan)?,
                Event::Exit { index, values } if self.stack.frames.len() == 1 => {
                    return Ok(self.finish(signature, index, values));
                }
                Event::Exit { index, values } => self.leave(index, values)?,
            }
        }
    }

    /// Runs the top frame.
    fn resume(&mut self) -> Result<Event, Refusal> {
        let Stack { registers, slots, frames, .. } = &mut *self.stack;
        let Some(top) = frames.last_mut() else { bug!("evaluator", "no frame runs") };
        let registers = &mut registers[top.base..top.base + top.code.registers];
        let slots = &mut slots[top.slots..];
        let mut frame = Frame { graph: self.graph, code: &top.code, registers, slots, memory: self.memory };
        frame.run(&mut top.position, &mut self.fuel)
    }

    /// The flat form of a function, which must have a body. Frames that run keep the one they began with.
    fn code(&mut self, id: FunctionId) -> Result<Rc<Decoded>, Refusal> {
        let decoded = &mut self.stack.decoded;
        if let Some(Some(known)) = decoded.get_mut(id.index()) {
            if known.calls_left > 0 {
                known.calls_left -= 1;
                if known.calls_left == 0
                    && let Some(body) = &self.graph.functions[id].body
                {
                    known.code = Rc::new(decode::decode(&self.graph.functions[id], &warm::warmed(body)));
                }
            }
            return Ok(Rc::clone(&known.code));
        }
        let function = &self.graph.functions[id];
        let Some(body) = &function.body else { return Err(no_body(id, function)) };
        decode::check_size(body)?;
        let known = first(function, body);
        let code = Rc::clone(&known.code);
        if decoded.len() <= id.index() {
            decoded.resize(id.index() + 1, None);
        }
        decoded[id.index()] = Some(known);
        Ok(code)
    }

    /// Puts a frame on top.
    fn enter(&mut self, code: Rc<Decoded>) -> Result<(), Refusal> {
        let stack = &mut *self.stack;
        if stack.frames.len() >= self.depth {
            let message = format!("more than {} calls inside each other", self.depth);
            return Err(Refusal::new(FailureKind::Depth, message));
        }
        limits::spend(&mut self.fuel, code.entry_steps)?;
        let base = stack.frames.last().map_or(0, |top| top.base + top.code.registers);
        let end = base + code.registers;
        if stack.registers.len() < end {
            self.memory.check_room((end * size_of::<Word>()) as u64)?;
            stack.registers.resize(end, Word::default());
        }
        let slots = stack.slots.len();
        stack.slots.resize(slots + code.slots.len(), 0);
        stack.frames.push(Suspended { code, position: 0, base, slots });
        Ok(())
    }

    /// Makes the call the top frame stands at.
    fn start(&mut self, plan: u32) -> Result<(), Refusal> {
        let Some(top) = self.stack.frames.last() else { bug!("evaluator", "no frame calls") };
        let (caller, base) = (Rc::clone(&top.code), top.base);
        let plan = &caller.calls[plan as usize];
        let id = self.callee(plan, base)?;
        if self.graph.functions[id].body.is_none() && self.graph.functions[id].linkage == Linkage::Build {
            return self.ask(&self.graph.functions[id], plan, base);
        }
        let code = self.code(id)?;
        self.enter(code)?;
        limits::spend(&mut self.fuel, limits::steps_of_words(plan.args.len()).into())?;
        let registers = &mut self.stack.registers;
        let start = base + caller.registers;
        for (param, &arg) in plan.args.iter().enumerate() {
            registers[start + param] = registers[base + arg as usize];
        }
        Ok(())
    }

    fn callee(&self, plan: &CallPlan, base: usize) -> Result<FunctionId, Refusal> {
        match &plan.callee {
            CalleePlan::Function(id) => Ok(*id),
            CalleePlan::Pointer { address, signature } => {
                let id = self.memory.function_at(self.stack.registers[base + *address as usize])?;
                let function = &self.graph.functions[id];
                if fits(&function.signature, signature) {
                    return Ok(id);
                }
                let message = format!("`{}` is called as if it had another signature", function.name);
                Err(Refusal::new(FailureKind::BadCall, message))
            }
        }
    }

    /// Lets the world answer a call.
    fn ask(&mut self, function: &Function, plan: &CallPlan, base: usize) -> Result<(), Refusal> {
        let registers = &mut self.stack.registers;
        let mut words = plan.args.iter().map(|&arg| registers[base + arg as usize]);
        let args: Vec<Value> =
            function.signature.params.iter().map(|&ty| Value::take(ty, &mut words)).collect();
        let results = self.world.call(function.name, &args, self.memory)?;
        let ([exit], [plan]) = (&function.signature.exits[..], &plan.exits[..]) else {
            return Err(Refusal::refused(format!("`{}` has no single exit for its answer", function.name)));
        };
        if !results.iter().map(Value::ty).eq(exit.results.iter().copied()) {
            bug!("evaluator", "the world's answer to `{}` does not fit its signature", function.name);
        }
        let words = results.iter().flat_map(Value::parts);
        plan.results.iter().zip(words).for_each(|(&to, word)| registers[base + to as usize] = *word);
        let Some(top) = self.stack.frames.last_mut() else { bug!("evaluator", "no frame calls") };
        top.position = plan.position as usize;
        limits::spend(&mut self.fuel, plan.steps.into())
    }

    /// Takes the top frame away and goes on in the one below.
    fn leave(&mut self, index: u32, values: u32) -> Result<(), Refusal> {
        let stack = &mut *self.stack;
        let (Some(ended), Some(top)) = (stack.frames.pop(), stack.frames.last_mut()) else {
            bug!("evaluator", "no frame to leave, or to go on in")
        };
        let Code::Call(plan) = top.code.codes[top.position] else {
            bug!("evaluator", "no call to return to")
        };
        let exit = &top.code.calls[plan as usize].exits[index as usize];
        for (&to, &from) in exit.results.iter().zip(&ended.code.exits[values as usize]) {
            stack.registers[top.base + to as usize] = stack.registers[ended.base + from as usize];
        }
        top.position = exit.position as usize;
        let steps = exit.steps.into();
        self.end_slots(ended.slots);
        limits::spend(&mut self.fuel, steps)
    }

    /// Takes the last frame away: what it leaves with.
    fn finish(&mut self, signature: &Signature, index: u32, values: u32) -> Outcome {
        let Some(ended) = self.stack.frames.pop() else { bug!("evaluator", "no frame to leave") };
        let registers = &self.stack.registers;
        let mut words = ended.code.exits[values as usize].iter().map(|&from| registers[from as usize]);
        let types = &signature.exits[index as usize].results;
        let results = types.iter().map(|&ty| Value::take(ty, &mut words)).collect();
        if self.slots == Slots::Stay {
            let slots = self.stack.slots.drain(..).filter(|&origin| origin != 0);
            slots.for_each(|origin| self.memory.keep(origin));
        }
        self.end_slots(0);
        self.stack.shrink();
        Outcome { exit: index, results }
    }

    /// Ends the slots from `first` on.
    fn end_slots(&mut self, first: usize) {
        for &origin in self.stack.slots[first..].iter().filter(|&&origin| origin != 0) {
            self.memory.remove(origin);
        }
        self.stack.slots.truncate(first);
    }
}

/// Is a function of the one signature called rightly by the other? Names of exits do not matter.
fn fits(function: &Signature, call: &Signature) -> bool {
    let results = |signature: &Signature| -> Vec<_> {
        signature.exits.iter().map(|exit| exit.results.clone()).collect()
    };
    function == call
        || (function.params == call.params
            && function.convention == call.convention
            && results(function) == results(call))
}

/// What a function is decoded to on its first call.
fn first(function: &Function, body: &Body) -> Known {
    let is_warm = warm::loops(body);
    let code =
        if is_warm { decode::decode(function, &warm::warmed(body)) } else { decode::decode(function, body) };
    Known { code: Rc::new(code), calls_left: if is_warm { 0 } else { warm::CALLS } }
}

fn no_body(id: FunctionId, function: &Function) -> Refusal {
    match function.linkage {
        Linkage::Import | Linkage::Build => {
            Refusal::refused(format!("`{}` is not there at build time", function.name))
        }
        Linkage::Internal | Linkage::Export => {
            let message = format!("`{}` has no body", function.name);
            Refusal::new(FailureKind::MissingBody(id), message)
        }
    }
}
