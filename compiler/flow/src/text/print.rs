//! A graph as text: every function, block and instruction on its line.
//!
//! In: a graph, whole or in part, well-formed or not. Out: text in the grammar of [`super`]. What the
//! text does not say is the default, so that the usual is short.

use super::lex::{is_symbol, is_word};
use super::words::Word;
use crate::graph::*;
use koru_base::Name;
use koru_base::idx::{Id, IdVec};
use std::fmt::{self, Display, Write};

/// The whole graph. Spans are not printed.
pub fn print(graph: &Graph) -> String {
    let globals = graph.globals.ids().map(|id| print_global(graph, id));
    let functions = graph.functions.ids().map(|id| print_function(graph, id));
    let items: Vec<_> = globals.chain(functions).collect();
    let has_body = |item: &String| item.ends_with("}\n");
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        // Bodies stand apart, what is one line stands together.
        let is_apart = has_body(item) || items[..index].last().is_some_and(has_body);
        if index > 0 && (is_apart || index == graph.globals.len()) {
            text.push('\n');
        }
        text += item;
    }
    text
}

/// One global.
pub fn print_global(graph: &Graph, id: GlobalId) -> String {
    let global = &graph.globals[id];
    let mut text = linkage(global.linkage);
    text += if global.is_const { "const " } else { "" };
    text += if global.is_threadlocal { "threadlocal " } else { "" };
    text += &format!("global {} {} align {}", symbol(global.name), global.size, global.align);
    if !global.bytes.is_empty() {
        text += &format!(" = {}", quote(&global.bytes));
    }
    if !global.relocations.is_empty() {
        text +=
            &format!(" [{}]", list(&global.relocations, |relocation| print_relocation(graph, relocation)));
    }
    text + "\n"
}

fn print_relocation(graph: &Graph, relocation: &Relocation) -> String {
    let Relocation { offset, target, addend } = relocation;
    let target = match *target {
        Symbol::Function(id) => function_name(graph, id),
        Symbol::Global(id) => global_name(graph, id),
    };
    let sign = if *addend < 0 { '-' } else { '+' };
    match addend {
        0 => format!("{offset}: {target}"),
        _ => format!("{offset}: {target} {sign} {}", addend.unsigned_abs()),
    }
}

/// One function.
pub fn print_function(graph: &Graph, id: FunctionId) -> String {
    let function = &graph.functions[id];
    let mut text = linkage(function.linkage);
    if function.inline != Inline::Auto {
        text += &format!("{} ", function.inline.word());
    }
    text += if function.is_cold { "cold " } else { "" };
    text += &print_signature(&function.signature, &symbol(function.name));
    let Some(body) = &function.body else { return text + "\n" };
    text += " {\n";
    for (id, slot) in body.slots.enumerate() {
        text += &format!("  slot {id} {} align {}\n", slot.size, slot.align);
    }
    for value in absent_values(body) {
        text += &format!("  absent {value}: {}\n", body.values[value]);
    }
    let printer = Printer { graph, signature: &function.signature, values: &body.values };
    for (id, block) in body.blocks.enumerate() {
        printer.block(id, block, &mut text);
    }
    text + "}\n"
}

/// Values of the table that nothing defines.
fn absent_values(body: &Body) -> Vec<ValueId> {
    let mut is_absent = vec![true; body.values.len()];
    for block in body.blocks.iter() {
        let results = block.insts.iter().flat_map(|inst| &inst.results);
        for value in block.params.iter().chain(results) {
            if let Some(flag) = is_absent.get_mut(value.index()) {
                *flag = false;
            }
        }
    }
    body.values.ids().filter(|value| is_absent[value.index()]).collect()
}

/// A signature; `name` is empty where nothing is declared.
fn print_signature(signature: &Signature, name: &str) -> String {
    let Signature { params, exits, convention, foreign } = signature;
    let convention = match convention {
        Convention::Koru => String::new(),
        other => format!("{} ", other.word()),
    };
    let space = if name.is_empty() { "" } else { " " };
    let exits = list(exits, |exit| exit_text(exit.name, &exit.results, Type::to_string));
    let foreign = print_foreign(foreign);
    format!("{convention}fn{space}{name}({}) [{exits}]{foreign}", list(params, Type::to_string))
}

/// ` as (0 signed, 1 copied 24 8) signed variadic`, nothing where types say all.
fn print_foreign(foreign: &Foreign) -> String {
    let form = |(index, form): &(u32, Form)| match form {
        Form::Signed => format!("{index} signed"),
        Form::Copied { bytes, align } => format!("{index} copied {bytes} {align}"),
        Form::Result { bytes, align } => format!("{index} result {bytes} {align}"),
    };
    if *foreign == Foreign::default() {
        return String::new();
    }
    let signed = if foreign.result_is_signed { " signed" } else { "" };
    let variadic = if foreign.is_variadic { " variadic" } else { "" };
    format!(" as ({}){signed}{variadic}", list(&foreign.params, form))
}

/// `done(v1)`, or `done` where it carries nothing.
fn exit_text<T>(name: Name, payload: &[T], item: impl Fn(&T) -> String) -> String {
    word(name) + &arguments(payload, item)
}

/// `(v1, v2)`, nothing for none.
fn arguments<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    if items.is_empty() { String::new() } else { format!("({})", list(items, item)) }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Int(bits) => write!(f, "i{bits}"),
            Type::Float(bits) => write!(f, "f{bits}"),
            Type::Pointer => f.write_str("ptr"),
            Type::Vector(Scalar::Int(bits), lanes) => write!(f, "<{lanes} x i{bits}>"),
            Type::Vector(Scalar::Float(bits), lanes) => write!(f, "<{lanes} x f{bits}>"),
            Type::Vector(Scalar::Pointer, lanes) => write!(f, "<{lanes} x ptr>"),
        }
    }
}

/// What is needed to print a part of a body.
pub(crate) struct Printer<'a> {
    pub graph: &'a Graph,
    pub signature: &'a Signature,
    pub values: &'a IdVec<ValueId, Type>,
}

impl Printer<'_> {
    fn block(&self, id: BlockId, block: &Block, text: &mut String) {
        *text += &format!("  {id}{}:\n", arguments(&block.params, |&value| self.define(value)));
        for inst in &block.insts {
            *text += &format!("    {}\n", self.inst(inst));
        }
        *text += &format!("    {}\n", self.terminator(&block.terminator));
    }

    fn define(&self, value: ValueId) -> String {
        let ty = self.values.get(value).map_or("?".into(), Type::to_string);
        format!("{value}: {ty}")
    }

    /// One instruction.
    pub fn inst(&self, inst: &Inst) -> String {
        let op = self.op(&inst.op);
        if inst.results.is_empty() {
            return op;
        }
        format!("{} = {op}", list(&inst.results, |&value| self.define(value)))
    }

    fn op(&self, op: &Op) -> String {
        match op {
            Op::Const(constant) => format!("const {}", self.constant(*constant)),
            Op::Slot(slot) => format!("slot {slot}"),
            Op::Unary(op, a) => format!("{} {a}", op.word()),
            Op::Binary(op, a, b) => format!("{} {a}, {b}", op.word()),
            Op::Overflow(op, a, b) => format!("overflow {} {a}, {b}", op.word()),
            Op::Compare(op, a, b) => format!("{} {a}, {b}", op.word()),
            Op::Convert(op, a) => format!("{} {a}", op.word()),
            Op::Select(a, b, c) => format!("select {a}, {b}, {c}"),
            Op::MulAdd(a, b, c) => format!("mul_add {a}, {b}, {c}"),
            Op::Load { address, align, is_volatile } => {
                format!("load {address} align {align}{}", volatile(*is_volatile))
            }
            Op::Store { address, value, align, is_volatile } => {
                format!("store {address}, {value} align {align}{}", volatile(*is_volatile))
            }
            Op::Offset { base, bytes } => format!("offset {base}, {bytes}"),
            Op::Copy { to, from, bytes, may_overlap } => {
                let overlapping = if *may_overlap { "overlapping " } else { "" };
                format!("copy {overlapping}{to}, {from}, {bytes}")
            }
            Op::Fill { to, byte, bytes } => format!("fill {to}, {byte}, {bytes}"),
            Op::SlotLive(slot) => format!("live {slot}"),
            Op::SlotDead(slot) => format!("dead {slot}"),
            Op::Show { variable, address } => format!("show {} {address}", variable.0),
            Op::AtomicLoad { .. }
            | Op::AtomicStore { .. }
            | Op::AtomicUpdate { .. }
            | Op::CompareExchange { .. }
            | Op::Fence(_) => atomic(op),
            Op::Splat(a) => format!("splat {a}"),
            Op::Extract { vector, lane } => format!("extract {vector}, {lane}"),
            Op::Insert { vector, lane, value } => format!("insert {vector}, {lane}, {value}"),
            Op::Shuffle { left, right, lanes } => {
                format!("shuffle {left}, {right} [{}]", list(lanes, |lane| lane.to_string()))
            }
            Op::Reduce(op, a) => format!("reduce {} {a}", op.word()),
            Op::Call { callee, args } => self.call(callee, args),
            Op::Syscall { number, args } => {
                format!("syscall {number}({})", list(args, |arg| arg.to_string()))
            }
            Op::Asm(asm) => print_asm(asm),
            Op::Frame(part) => format!("frame {}", part.word()),
        }
    }

    fn constant(&self, constant: Constant) -> String {
        match constant {
            Constant::Int(value) => value.to_string(),
            Constant::Float(bits) => format!("float {bits:#x}"),
            Constant::Zero => "zero".into(),
            Constant::Undefined => "undefined".into(),
            Constant::Function(id) => function_name(self.graph, id),
            Constant::Global(id) => global_name(self.graph, id),
        }
    }

    fn call(&self, callee: &Callee, args: &[ValueId]) -> String {
        let callee = match callee {
            Callee::Function(id) => function_name(self.graph, *id),
            Callee::Pointer { address, signature } => {
                format!("{address} as {} ", print_signature(signature, ""))
            }
        };
        format!("call {callee}({})", list(args, |arg| arg.to_string()))
    }

    /// The end of a block.
    pub fn terminator(&self, terminator: &Terminator) -> String {
        match terminator {
            Terminator::Jump(to) => format!("jump {}", target(to)),
            Terminator::Branch { condition, then, otherwise } => {
                format!("branch {condition}, {}, {}", target(then), target(otherwise))
            }
            Terminator::Switch { value, cases, default } => {
                let cases = cases.iter().map(|(case, to)| format!("{case} -> {}, ", target(to)));
                format!("switch {value} [{}else -> {}]", cases.collect::<String>(), target(default))
            }
            Terminator::Exit { index, values } => {
                let name = exit_name(Some(self.signature), *index as usize);
                format!("exit {name}{}", arguments(values, |value| value.to_string()))
            }
            Terminator::Call { callee, args, exits } => {
                let signature = self.graph.signature(callee);
                let exits = exits.iter().enumerate();
                let exits = exits.map(|(index, block)| format!("{} -> {block}", exit_name(signature, index)));
                format!("{} [{}]", self.call(callee, args), exits.collect::<Vec<_>>().join(", "))
            }
            Terminator::Unreachable => "unreachable".into(),
            Terminator::Trap => "trap".into(),
        }
    }
}

/// The name of an exit, or its number where the name does not tell.
fn exit_name(signature: Option<&Signature>, index: usize) -> String {
    let exits = signature.map_or(&[][..], |signature| &signature.exits);
    match exits.get(index) {
        Some(exit) if exits.iter().filter(|other| other.name == exit.name).count() == 1 => word(exit.name),
        _ => index.to_string(),
    }
}

fn target(target: &Target) -> String {
    format!("{}{}", target.block, arguments(&target.args, |arg| arg.to_string()))
}

fn atomic(op: &Op) -> String {
    match op {
        Op::AtomicLoad { address, order } => format!("atomic load {address} {}", order.word()),
        Op::AtomicStore { address, value, order } => {
            format!("atomic store {address}, {value} {}", order.word())
        }
        Op::AtomicUpdate { op, address, value, order } => {
            format!("atomic {} {address}, {value} {}", op.word(), order.word())
        }
        Op::CompareExchange { address, expected, new, success, failure, is_weak } => {
            let weak = if *is_weak { "weak " } else { "" };
            let orders = format!("{} {}", success.word(), failure.word());
            format!("compare_exchange {weak}{address}, {expected}, {new} {orders}")
        }
        Op::Fence(order) => format!("fence {}", order.word()),
        _ => koru_base::bug!("flow text", "{op:?} is not atomic"),
    }
}

fn print_asm(asm: &Asm) -> String {
    let Asm { template, output, inputs, clobbers, is_volatile } = asm;
    let inputs = list(inputs, |(constraint, value)| format!("{} {value}", quote(constraint.as_bytes())));
    let output = if output.is_empty() { String::new() } else { format!(" -> {}", quote(output.as_bytes())) };
    let clobbers = match clobbers.is_empty() {
        true => String::new(),
        false => format!(" clobbers [{}]", list(clobbers, |&name| word(name))),
    };
    format!("asm{} {}({inputs}){output}{clobbers}", volatile(*is_volatile), quote(template.as_bytes()))
}

fn volatile(is_volatile: bool) -> &'static str {
    if is_volatile { " volatile" } else { "" }
}

fn linkage(linkage: Linkage) -> String {
    match linkage {
        Linkage::Internal => String::new(),
        other => format!("{} ", other.word()),
    }
}

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    items.iter().map(item).collect::<Vec<_>>().join(", ")
}

fn function_name(graph: &Graph, id: FunctionId) -> String {
    graph.functions.get(id).map_or_else(|| missing(id), |function| symbol(function.name))
}

fn global_name(graph: &Graph, id: GlobalId) -> String {
    graph.globals.get(id).map_or_else(|| missing(id), |global| symbol(global.name))
}

/// Only for messages: a graph that names what it does not have is not read back.
fn missing(id: impl Display) -> String {
    format!("@\"no {id}\"")
}

/// `@name`, quoted where it holds unusual characters.
fn symbol(name: Name) -> String {
    let text = name.as_str();
    let is_plain = !text.is_empty() && text.chars().all(is_symbol);
    if is_plain { format!("@{text}") } else { format!("@{}", quote(text.as_bytes())) }
}

/// A word, quoted where it is none.
fn word(name: Name) -> String {
    let text = name.as_str();
    let is_plain = text.starts_with(|c: char| !c.is_ascii_digit()) && text.chars().all(is_word);
    if is_plain { text.into() } else { quote(text.as_bytes()) }
}

fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'\n' => text += "\\n",
            b'\t' => text += "\\t",
            b'"' => text += "\\\"",
            b'\\' => text += "\\\\",
            b' '..=b'~' => text.push(byte.into()),
            _ => write!(text, "\\x{byte:02x}").expect("a string takes all"),
        }
    }
    text + "\""
}
