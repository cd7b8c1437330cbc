//! Natives about the program: modules, items, calls and places, each a number that only we can read.
//!
//! Numbers are indices from 1 into tables of what was handed out, so a made-up number is at worst
//! another thing of the program, never a pointer.

use crate::args::{self, Args};
use crate::natives::Natives;
use koru_base::{Name, Span};
use koru_flow::eval::{Refusal, Value};
use koru_hir::ids::{EventId, ModuleId};
use koru_hir::koru::{self, Code, Filling};
use koru_syntax::ast::{self, Annotations, Call, Continuation, ItemKind, StepKind};
use std::rc::Rc;
use std::sync::Arc;

type Answer = Result<Vec<Value>, Refusal>;

/// What was handed out.
#[derive(Default)]
pub struct Handles {
    items: Vec<(Holder, usize)>,
    /// Blocks that were read as Koru.
    pub(crate) blocks: Vec<Block>,
    pub(crate) calls: Vec<Rc<CallPlace>>,
    pub(crate) spans: Vec<Span>,
    /// What may stand in holes of code, and the codes among them.
    pub(crate) fillings: Vec<Filling>,
    pub(crate) codes: Vec<Code>,
}

/// Where an item stands: in a file, or in a block of one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Module(ModuleId),
    Block(usize),
}

/// A source block that was read as Koru.
pub(crate) struct Block {
    pub module: ModuleId,
    /// The call it stands behind.
    pub call: u32,
    pub tree: Arc<ast::Module>,
}

/// A call where it stands.
pub(crate) struct CallPlace {
    pub module: ModuleId,
    pub call: Call,
    pub arms: Vec<Continuation>,
    /// The event that the flow around it implements.
    pub implements: Option<EventId>,
    /// Those of the flow it stands in.
    pub annotations: Vec<ast::Annotation>,
}

impl Handles {
    pub(crate) fn item(&mut self, place: (Holder, usize)) -> u32 {
        let known = self.items.iter().position(|&item| item == place);
        known.unwrap_or_else(|| {
            self.items.push(place);
            self.items.len() - 1
        }) as u32
            + 1
    }

    pub(crate) fn call(&mut self, place: CallPlace) -> u32 {
        self.calls.push(Rc::new(place));
        self.calls.len() as u32
    }

    pub(crate) fn span(&mut self, span: Span) -> u32 {
        self.spans.push(span);
        self.spans.len() as u32
    }

    /// The index of the code with this number.
    pub(crate) fn code(&self, number: u64) -> Option<usize> {
        let filling = (number as usize).checked_sub(1).and_then(|index| self.fillings.get(index));
        match filling {
            Some(Filling::Code(index)) => Some(*index),
            _ => None,
        }
    }
}

impl Natives<'_, '_> {
    fn module(&self, args: &mut Args) -> Result<ModuleId, Refusal> {
        let number = args.number()?;
        let known = number >= 1 && (number as usize) <= self.product.modules.len();
        if known { Ok(ModuleId(number - 1)) } else { Err(Refusal::refused("this is no module")) }
    }

    /// An item: its module, the tree it stands in, and its index there.
    pub(crate) fn tree(&self, args: &mut Args) -> Result<(ModuleId, Arc<ast::Module>, usize), Refusal> {
        let number = args.number()? as usize;
        let place = number.checked_sub(1).and_then(|index| self.handles.items.get(index));
        let &(holder, item) = place.ok_or_else(|| Refusal::refused("this is no item of the program"))?;
        Ok(match holder {
            Holder::Module(module) => (module, self.product.modules[module].tree.clone(), item),
            Holder::Block(index) => {
                let block = &self.handles.blocks[index];
                (block.module, block.tree.clone(), item)
            }
        })
    }

    pub(crate) fn the_call(&self, args: &mut Args) -> Result<Rc<CallPlace>, Refusal> {
        let number = args.number()? as usize;
        let place = number.checked_sub(1).and_then(|index| self.handles.calls.get(index));
        place.cloned().ok_or_else(|| Refusal::refused("this is no call"))
    }

    pub(crate) fn module_name(&mut self, args: &mut Args) -> Answer {
        let module = self.module(args)?;
        args::text(args.memory, self.product.modules[module].name.as_str().as_bytes())
    }

    pub(crate) fn module_file(&mut self, args: &mut Args) -> Answer {
        let module = self.module(args)?;
        let file = self.product.modules[module].file;
        args::text(args.memory, self.product.sources.path(file).as_str().as_bytes())
    }

    /// What `--emit ast` prints of it.
    pub(crate) fn module_tree(&mut self, args: &mut Args) -> Answer {
        let module = self.module(args)?;
        let tree = koru_syntax::dump(&self.product.modules[module].tree);
        self.keep(tree.len() as u64)?;
        args::text(args.memory, tree.as_bytes())
    }

    pub(crate) fn item_count(&mut self, args: &mut Args) -> Answer {
        let module = self.module(args)?;
        Ok(args::number(self.product.modules[module].tree.items.len() as u32))
    }

    pub(crate) fn item(&mut self, args: &mut Args) -> Answer {
        let (module, index) = (self.module(args)?, args.number()? as usize);
        if index >= self.product.modules[module].tree.items.len() {
            return Ok(args::number(0));
        }
        Ok(args::number(self.handles.item((Holder::Module(module), index))))
    }

    pub(crate) fn item_kind(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        Ok(args::byte(match tree.items[item].kind {
            ItemKind::Event(_) => 1,
            ItemKind::Proc(_) => 2,
            ItemKind::Subflow(_) => 3,
            ItemKind::Flow(_) => 4,
            ItemKind::Import(_) | ItemKind::Host(_) | ItemKind::Field(_) | ItemKind::Error => 0,
        }))
    }

    pub(crate) fn item_module(&mut self, args: &mut Args) -> Answer {
        Ok(args::number(self.tree(args)?.0.0 + 1))
    }

    pub(crate) fn item_name(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        let name = match &tree.items[item].kind {
            ItemKind::Event(event) => event.name.name.as_str(),
            ItemKind::Proc(code) => code.path.name.name.as_str(),
            ItemKind::Subflow(code) => code.path.name.name.as_str(),
            _ => "",
        };
        args::text(args.memory, name.as_bytes())
    }

    pub(crate) fn item_is_public(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        Ok(args::flag(matches!(&tree.items[item].kind, ItemKind::Event(event) if event.is_public)))
    }

    pub(crate) fn item_is_active(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        Ok(args::flag(koru::is_active(self.product, &tree.items[item].annotations)))
    }

    pub(crate) fn item_annotation(&mut self, args: &mut Args) -> Answer {
        let ((_, tree, item), index) = (self.tree(args)?, args.number()? as usize);
        let part = tree.items[item].annotations.get(index).map_or("", |part| part.text.as_str());
        args::text(args.memory, part.as_bytes())
    }

    pub(crate) fn item_annotation_argument(&mut self, args: &mut Args) -> Answer {
        let ((_, tree, item), word, index) = (self.tree(args)?, args.text()?, args.number()? as usize);
        let arguments = tree.items[item].annotations.call(&word).unwrap_or_default();
        args::text(args.memory, arguments.get(index).copied().unwrap_or("").as_bytes())
    }

    pub(crate) fn item_call(&mut self, args: &mut Args) -> Answer {
        let (module, tree, item) = self.tree(args)?;
        let call = first_call(module, &tree.items[item]).map(|call| self.handles.call(call));
        Ok(args::number(call.unwrap_or(0)))
    }

    /// The number of an event's declaration.
    pub(crate) fn event_handle(&mut self, event: EventId) -> u32 {
        let (module, source) = (self.product.events[event].module, self.product.events[event].source.clone());
        let tree = self.product.modules[module].tree.clone();
        let is_it =
            |item: &ast::Item| matches!(&item.kind, ItemKind::Event(event) if Arc::ptr_eq(event, &source));
        tree.items.iter().position(is_it).map_or(0, |item| self.handles.item((Holder::Module(module), item)))
    }

    pub(crate) fn find_event(&mut self, args: &mut Args) -> Answer {
        let name = args.text()?;
        let mut events = self.product.events.ids();
        let event = events.find(|&event| self.product.event_name(event) == name);
        Ok(args::number(event.map_or(0, |event| self.event_handle(event))))
    }

    fn declaration(&self, args: &mut Args) -> Result<(ModuleId, Arc<ast::EventDecl>), Refusal> {
        let (module, tree, item) = self.tree(args)?;
        match &tree.items[item].kind {
            ItemKind::Event(event) => Ok((module, event.clone())),
            _ => Err(Refusal::refused("this is no event")),
        }
    }

    pub(crate) fn input(&mut self, args: &mut Args, wants_type: bool) -> Answer {
        let ((_, event), index) = (self.declaration(args)?, args.number()? as usize);
        let text = event.inputs.get(index).map_or("", |input| match wants_type {
            true => self.product.sources.slice(input.ty.span),
            false => input.name.name.as_str(),
        });
        args::text(args.memory, text.as_bytes())
    }

    pub(crate) fn branch(&mut self, args: &mut Args, wants_payload: bool) -> Answer {
        let ((_, event), index) = (self.declaration(args)?, args.number()? as usize);
        let text = event.branches.get(index).map_or("", |branch| {
            let name = branch.name;
            let rest = Span { start: name.span.end, ..branch.span };
            if wants_payload { self.product.sources.slice(rest).trim() } else { name.name.as_str() }
        });
        args::text(args.memory, text.as_bytes())
    }

    /// The name of the nth field of a branch's payload.
    pub(crate) fn branch_field(&mut self, args: &mut Args) -> Answer {
        let ((_, event), index) = (self.declaration(args)?, args.number()? as usize);
        let field = args.number()? as usize;
        let payload = event.branches.get(index).map(|branch| &branch.payload);
        let name = match payload {
            Some(ast::Payload::Struct(fields)) => {
                fields.get(field).map_or("", |field| field.name.name.as_str())
            }
            _ => "",
        };
        args::text(args.memory, name.as_bytes())
    }

    pub(crate) fn call_name(&mut self, args: &mut Args) -> Answer {
        let place = self.the_call(args)?;
        let path = &place.call.path;
        let name = match koru::called(self.product, place.module, path) {
            // The name it was called by: a pattern stands for many.
            Some(event) if self.product.events[event].name.as_str().contains('*') => {
                let module = self.product.events[event].module;
                format!("{}:{}", self.product.modules[module].name, path.name.name)
            }
            Some(event) => self.product.event_name(event),
            None => self.product.sources.slice(path.span).to_owned(),
        };
        args::text(args.memory, name.as_bytes())
    }

    pub(crate) fn call_event(&mut self, args: &mut Args) -> Answer {
        let place = self.the_call(args)?;
        let event = koru::called(self.product, place.module, &place.call.path);
        Ok(args::number(event.map_or(0, |event| self.event_handle(event))))
    }

    pub(crate) fn argument_count(&mut self, args: &mut Args) -> Answer {
        Ok(args::number(self.the_call(args)?.call.args.len() as u32))
    }

    pub(crate) fn argument_name(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let name = place.call.args.get(index).and_then(|arg| arg.name).map_or("", |name| name.name.as_str());
        args::text(args.memory, name.as_bytes())
    }

    pub(crate) fn argument_text(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let text = place.call.args.get(index).map_or("", |arg| self.product.sources.slice(arg.text));
        args::text(args.memory, text.as_bytes())
    }

    pub(crate) fn argument_string(&mut self, args: &mut Args) -> Answer {
        let (place, input, to) = (self.the_call(args)?, args.text()?, args.pointer()?);
        let text = koru::argument_text(self.product, place.module, &place.call, Name::new(&input));
        let Some(text) = text else { return Ok(args::flag(false)) };
        self.store_text(args, to, &text)?;
        Ok(args::flag(true))
    }

    /// Writes a slice of bytes to where build-time code wants it.
    pub(crate) fn store_text(
        &self,
        args: &mut Args,
        to: koru_flow::eval::Pointer,
        text: &[u8],
    ) -> Result<(), Refusal> {
        let placed = args::place(args.memory, text)?;
        args.memory.write(to, &Value::pointer(placed))?;
        args.memory.write(to.offset(8), &Value::word(text.len() as u64))
    }

    pub(crate) fn call_has_source(&mut self, args: &mut Args) -> Answer {
        Ok(args::flag(self.the_call(args)?.call.source.is_some()))
    }

    pub(crate) fn call_source(&mut self, args: &mut Args) -> Answer {
        let place = self.the_call(args)?;
        args::text(args.memory, place.call.source.as_ref().map_or("", |source| &source.text).as_bytes())
    }

    pub(crate) fn call_annotation(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let part = place.annotations.get(index).map_or("", |part| part.text.as_str());
        args::text(args.memory, part.as_bytes())
    }

    pub(crate) fn item_span(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        Ok(args::number(self.handles.span(tree.items[item].span)))
    }

    pub(crate) fn call_span(&mut self, args: &mut Args) -> Answer {
        let place = self.the_call(args)?;
        Ok(args::number(self.handles.span(place.call.path.span)))
    }

    pub(crate) fn argument_span(&mut self, args: &mut Args) -> Answer {
        let (place, index) = (self.the_call(args)?, args.number()? as usize);
        let span = place.call.args.get(index).map(|arg| arg.span);
        Ok(args::number(span.map_or(0, |span| self.handles.span(span))))
    }

    pub(crate) fn source_span(&mut self, args: &mut Args) -> Answer {
        let (place, from, to) = (self.the_call(args)?, args.int()? as usize, args.int()? as usize);
        let span = place.call.source.as_ref().and_then(|source| place_in_source(source, from, to));
        Ok(args::number(span.map_or(0, |span| self.handles.span(span))))
    }

    pub(crate) fn span(&self, args: &mut Args) -> Result<Span, Refusal> {
        let number = args.number()? as usize;
        Ok(number
            .checked_sub(1)
            .and_then(|index| self.handles.spans.get(index))
            .copied()
            .unwrap_or(Span::NONE))
    }

    pub(crate) fn span_file(&mut self, args: &mut Args) -> Answer {
        let span = self.span(args)?;
        let path = self.product.sources.get(span.file).map_or("", |file| file.path.as_str());
        args::text(args.memory, path.as_bytes())
    }

    pub(crate) fn span_position(&mut self, args: &mut Args, wants_column: bool) -> Answer {
        let span = self.span(args)?;
        if !span.is_written() {
            return Ok(args::number(0));
        }
        let at = self.product.sources.position(span.file, span.start);
        Ok(args::number(if wants_column { at.column } else { at.line }))
    }

    pub(crate) fn is_build_flag(&mut self, args: &mut Args) -> Answer {
        let flag = Name::new(&args.text()?);
        Ok(args::flag(self.product.build_flags.contains(&flag)))
    }

    pub(crate) fn has_flag(&mut self, args: &mut Args) -> Answer {
        let flag = args.text()?;
        Ok(args::flag(koru::has_flag(self.product, &flag)))
    }

    pub(crate) fn config_value(&mut self, args: &mut Args) -> Answer {
        let (key, to) = (args.text()?, args.pointer()?);
        let Some(setting) = self.product.koru.tables.config.get(&key).cloned() else {
            return Ok(args::flag(false));
        };
        self.store_text(args, to, setting.value.as_bytes())?;
        Ok(args::flag(true))
    }

    /// Adds an event to those that the next executable runs in the place of the program.
    pub(crate) fn build_event(&mut self, args: &mut Args) -> Answer {
        self.events_to_build.push(args.text()?);
        Ok(args::nothing())
    }

    /// Writes the executable's path, its size, the target's triple, and what runs it here.
    pub(crate) fn build_program(&mut self, args: &mut Args) -> Answer {
        let (path, bytes, target) = (args.pointer()?, args.pointer()?, args.pointer()?);
        let emulator = args.pointer()?;
        let events = std::mem::take(&mut self.events_to_build);
        let Some(built) = self.driver.build(&events) else { return Ok(args::flag(false)) };
        self.store_text(args, emulator, built.emulator.as_bytes())?;
        self.store_text(args, path, built.path.as_bytes())?;
        args.memory.write(bytes, &Value::word(built.bytes))?;
        self.store_text(args, target, built.target.as_bytes())?;
        Ok(args::flag(true))
    }
}

fn first_call(module: ModuleId, item: &ast::Item) -> Option<CallPlace> {
    let ItemKind::Flow(flow) = &item.kind else { return None };
    let arms = if flow.steps.len() == 1 { flow.arms.clone() } else { Vec::new() };
    match &flow.steps.first()?.kind {
        StepKind::Call(call) => {
            let (call, annotations) = (call.clone(), item.annotations.clone());
            Some(CallPlace { module, call, arms, implements: None, annotations })
        }
        _ => None,
    }
}

/// Where bytes of a dedented text stand in the file.
pub(crate) fn place_in_source(source: &ast::SourceBlock, from: usize, to: usize) -> Option<Span> {
    let to = to.clamp(from, source.text.len().max(from));
    let place = |at: usize| {
        let before = source.text.get(..at)?;
        let line = before.matches('\n').count();
        let column = at - before.rfind('\n').map_or(0, |at| at + 1);
        Some(source.line_starts.get(line).copied()? + column as u32)
    };
    let start = place(from)?;
    Some(Span::new(source.span.file, start, place(to).unwrap_or(start)))
}
