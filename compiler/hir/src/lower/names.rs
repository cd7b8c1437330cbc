//! `@errorName` and `@tagName`: names of what exists only as numbers at run time.
//!
//! In: an error set or an enum. Out: two tables made when they are first needed: all names in one
//! text, each with a NUL behind it, and where each begins, in 16 bits. No addresses in data.

use super::Lowering;
use super::code::{Code, Lowered};
use super::constant::{Data, cut, enum_numbers};
use super::memory::{Address, Base};
use super::place::bit_count;
use crate::context::{ContainerKind, Context};
use crate::host::fields;
use crate::ids::{ContainerId, TypeId};
use crate::layout::{error_names, error_number};
use crate::tree::Expr;
use crate::types::{ErrorSet, Type};
use koru_base::{Name, bug};
use koru_flow as flow;
use koru_flow::{Binary, Op, Terminator, ValueId};

/// The tables of error names that are filled when all errors are known.
#[derive(Default)]
pub(super) struct Tables {
    /// Text and starts, for all errors.
    errors: Option<(flow::GlobalId, flow::GlobalId)>,
}

/// Names as a text and the starts of each; one start more than names.
fn encode(names: &[&str]) -> (Data, Data) {
    let (mut text, mut starts) = (Data::default(), Data::default());
    for name in names {
        starts.bytes.extend((text.bytes.len() as u16).to_le_bytes());
        text.bytes.extend(name.bytes().chain([0]));
    }
    starts.bytes.extend((text.bytes.len() as u16).to_le_bytes());
    (text, starts)
}

impl<'a> Code<'a, '_> {
    /// `@errorName(error)`
    pub fn error_name(&mut self, error: &'a Expr) -> Option<Lowered> {
        let number = self.scalar(error)?;
        if let Some(instance) = self.program.error_name {
            let callee = flow::Callee::Function(self.program.function(self.cx, instance));
            let results = [flow::Type::Pointer, flow::Type::WORD];
            let text = self.builder.push_many(&results, Op::Call { callee, args: vec![number] });
            return Some(Lowered::Leaves(text));
        }
        let number = self.resize(number, flow::Type::WORD, false);
        let named = match self.cx.types.get(error.ty) {
            Type::ErrorSet(ErrorSet::Named(names)) => Some(names.clone()),
            _ => None,
        };
        let Some(names) = named.filter(|names| !names.is_empty()) else {
            let (text, starts) = self.program.error_tables();
            return Some(self.name_at(number, text, starts));
        };
        let numbered: Vec<_> = names.iter().map(|&name| (error_number(self.cx, name), name)).collect();
        let (first, texts) = self.error_texts(&numbered);
        let (text, starts) = self.name_tables(&texts);
        let first = self.word(first.into());
        let index = self.op2(Binary::Sub, number, first);
        Some(self.name_at(index, text, starts))
    }

    /// The names of a set in order of their numbers, from the smallest on; holes are empty.
    fn error_texts(&self, numbered: &[(u16, Name)]) -> (u16, Vec<&'static str>) {
        let first = numbered.iter().map(|&(number, _)| number).min().unwrap_or(0);
        let last = numbered.iter().map(|&(number, _)| number).max().unwrap_or(0);
        let name = |wanted| numbered.iter().find(|&&(number, _)| number == wanted);
        (first, (first..=last).map(|number| name(number).map_or("", |(_, name)| name.as_str())).collect())
    }

    /// `@tagName(tag)`, of an enum or a tagged union.
    pub fn tag_name(&mut self, operand: &'a Expr) -> Option<Lowered> {
        let value = self.value(operand)?;
        let (value, ty) = match *self.cx.types.get(operand.ty) {
            Type::Container(id) if self.cx.containers[id].kind == ContainerKind::Union => {
                let tag = self.cx.containers[id].tag.unwrap_or(TypeId::ERROR);
                (self.tag_of(value, operand.ty), tag)
            }
            _ => (value, operand.ty),
        };
        let (&Type::Container(container), Lowered::Leaves(leaves)) = (self.cx.types.get(ty), &value) else {
            bug!("lower", "the tag's name of {ty}")
        };
        let names: Vec<_> = fields(self.cx, container).iter().map(|field| field.name.as_str()).collect();
        let (text, starts) = self.name_tables(&names);
        let index = match leaves.first() {
            Some(&tag) => self.index_of_tag(tag, container),
            None => self.word(0),
        };
        Some(self.name_at(index, text, starts))
    }

    /// The position of a value among those of its enum, as a word.
    fn index_of_tag(&mut self, tag: ValueId, container: ContainerId) -> ValueId {
        let numbers = enum_numbers(self.cx, container);
        let bits = bit_count(self.builder.ty(tag));
        let is_dense = numbers.iter().enumerate().all(|(index, number)| cut(number, bits) == index as u128);
        if is_dense {
            return self.resize(tag, flow::Type::WORD, false);
        }
        let (join, default) = (self.builder.block(&[flow::Type::WORD]), self.builder.block(&[]));
        let indices: Vec<_> = (0..numbers.len()).map(|index| self.word(index as u64)).collect();
        let target = |index: ValueId| flow::Target { block: join, args: vec![index] };
        let cases = numbers.iter().zip(indices);
        let cases = cases.map(|(number, index)| (cut(number, bits), target(index))).collect();
        let default_target = flow::Target { block: default, args: Vec::new() };
        self.builder.terminate(Terminator::Switch { value: tag, cases, default: default_target });
        self.panic_in(default, super::check::Panic::Enum);
        self.builder.switch_to(join);
        self.builder.params(join)[0]
    }

    fn name_tables(&mut self, names: &[&str]) -> (flow::GlobalId, flow::GlobalId) {
        let (text, starts) = encode(names);
        let (text_len, starts_len) = (text.bytes.len() as u64, starts.bytes.len() as u64);
        (self.program.pooled(text, text_len, 1), self.program.pooled(starts, starts_len, 2))
    }

    /// The name at an index of the tables: its address and length.
    fn name_at(&mut self, index: ValueId, text: flow::GlobalId, starts: flow::GlobalId) -> Lowered {
        let starts = self.step(Address::of(Base::Global(starts), 2), TypeId::U16, index);
        let first = self.load_scalar(flow::Type::Int(16), starts);
        let next = self.load_scalar(flow::Type::Int(16), starts.plus(2));
        let first = self.resize(first, flow::Type::WORD, false);
        let next = self.resize(next, flow::Type::WORD, false);
        let base = self.constant(flow::Type::Pointer, flow::Constant::Global(text));
        let pointer = self.builder.push(flow::Type::Pointer, Op::Offset { base, bytes: first });
        let len = self.op2(Binary::Sub, next, first);
        let nul = self.word(1);
        Lowered::Leaves(vec![pointer, self.op2(Binary::Sub, len, nul)])
    }
}

impl Lowering {
    /// The tables of all errors, filled by `fill_error_names`.
    fn error_tables(&mut self) -> (flow::GlobalId, flow::GlobalId) {
        if let Some(tables) = self.tables.errors {
            return tables;
        }
        let mut table = |name: &str, align| {
            let global = self.graph.globals.push(flow::Global {
                name: Name::new(name),
                bytes: Vec::new(),
                size: 0,
                align,
                relocations: Vec::new(),
                is_const: true,
                is_threadlocal: false,
                linkage: flow::Linkage::Internal,
            });
            self.claim(flow::Symbol::Global(global), false);
            global
        };
        let tables = (table("errors.text", 1), table("errors.starts", 2));
        self.tables.errors = Some(tables);
        tables
    }

    /// Fills the tables of all errors, if something needs them.
    pub(super) fn fill_error_names(&mut self, cx: &mut Context) {
        let Some((text, starts)) = self.tables.errors else { return };
        let names: Vec<_> =
            [""].into_iter().chain(error_names(cx).iter().map(|name| name.as_str())).collect();
        let (text_data, starts_data) = encode(&names);
        for (global, data) in [(text, text_data), (starts, starts_data)] {
            self.graph.globals[global].size = data.bytes.len() as u64;
            self.graph.globals[global].bytes = data.bytes;
        }
    }
}
