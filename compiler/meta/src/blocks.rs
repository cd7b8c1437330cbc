//! Natives about source blocks that hold Koru, and about what flows call.
//!
//! The constructs of a block are items like those of a file; nothing of them is declared. Their flows are put
//! into code.

use crate::args::{self, Args};
use crate::natives::Natives;
use crate::program::{Block, Holder};
use koru_flow::eval::{Refusal, Value};
use koru_hir::ids::EventId;
use koru_hir::koru::{self, Filling};
use koru_syntax::ast::fill::Piece;
use koru_syntax::ast::{Continuation, Item, ItemKind, Step, StepKind, SubflowBody};
use std::sync::Arc;

type Answer = Result<Vec<Value>, Refusal>;

impl Natives<'_, '_> {
    /// The block behind a call, read once. None where there is none, or after a diagnostic.
    fn block(&mut self, args: &mut Args) -> Result<Option<usize>, Refusal> {
        let number = args.number()?;
        let place = number.checked_sub(1).and_then(|index| self.handles.calls.get(index as usize)).cloned();
        let place = place.ok_or_else(|| Refusal::refused("this is no call"))?;
        if let Some(known) = self.handles.blocks.iter().position(|block| block.call == number) {
            return Ok(Some(known));
        }
        let Some(source) = &place.call.source else { return Ok(None) };
        let Some(tree) = koru::constructs(self.product, source) else { return Ok(None) };
        self.handles.blocks.push(Block { module: place.module, call: number, tree: Arc::new(tree) });
        Ok(Some(self.handles.blocks.len() - 1))
    }

    pub(crate) fn source_item_count(&mut self, args: &mut Args) -> Answer {
        let block = self.block(args)?;
        Ok(args::number(block.map_or(0, |block| self.handles.blocks[block].tree.items.len() as u32)))
    }

    pub(crate) fn source_item(&mut self, args: &mut Args) -> Answer {
        let (block, index) = (self.block(args)?, args.number()? as usize);
        let block = block.filter(|&block| index < self.handles.blocks[block].tree.items.len());
        Ok(args::number(block.map_or(0, |block| self.handles.item((Holder::Block(block), index)))))
    }

    /// The event that a subflow implements; 0 after a diagnostic.
    pub(crate) fn item_implements(&mut self, args: &mut Args) -> Answer {
        let (module, tree, item) = self.tree(args)?;
        let ItemKind::Subflow(code) = &tree.items[item].kind else { return Ok(args::number(0)) };
        let event = koru::implemented_event(self.product, module, code);
        Ok(args::number(event.map_or(0, |event| self.event_handle(event))))
    }

    /// The nth event that an item calls; 0 behind the last.
    pub(crate) fn item_callee(&mut self, args: &mut Args) -> Answer {
        let ((module, tree, item), index) = (self.tree(args)?, args.number()? as usize);
        let callee = koru::callees(self.product, module, &tree.items[item]).get(index).copied();
        Ok(args::number(callee.map_or(0, |event| self.event_handle(event))))
    }

    pub(crate) fn item_is_pure(&mut self, args: &mut Args) -> Answer {
        let event = self.event(args)?;
        Ok(args::flag(koru::is_pure(self.product, event)))
    }

    /// Where the code behind an event begins; 0 where there is none.
    pub(crate) fn item_implementation(&mut self, args: &mut Args) -> Answer {
        let event = self.event(args)?;
        let span = koru::implementation(self.product, event);
        Ok(args::number(span.map_or(0, |span| self.handles.span(span))))
    }

    /// The event an item declares.
    fn event(&mut self, args: &mut Args) -> Result<EventId, Refusal> {
        let (module, tree, item) = self.tree(args)?;
        let found = match &tree.items[item].kind {
            ItemKind::Event(event) => {
                let name = format!("{}:{}", self.product.modules[module].name, event.name.name);
                koru::event_of_name(self.product, &name)
            }
            _ => None,
        };
        found.ok_or_else(|| Refusal::refused("this is no event"))
    }

    /// What a flow or a subflow does, for a hole where steps stand; 0 where it is neither.
    pub(crate) fn item_steps(&mut self, args: &mut Args) -> Answer {
        let (_, tree, item) = self.tree(args)?;
        let Some((steps, arms)) = steps(&tree.items[item]) else { return Ok(args::number(0)) };
        Ok(args::number(self.filling(Filling::Piece(Piece::Steps(steps, arms)))))
    }

    /// The same; every branch that nobody handles leads to a call of an event.
    pub(crate) fn item_steps_with_rest(&mut self, args: &mut Args) -> Answer {
        let ((module, tree, item), rest) = (self.tree(args)?, args.text()?);
        let Some((steps, mut arms)) = steps(&tree.items[item]) else { return Ok(args::number(0)) };
        koru::handle_rest(self.product, module, &steps, &mut arms, &rest);
        Ok(args::number(self.filling(Filling::Piece(Piece::Steps(steps, arms)))))
    }
}

fn steps(item: &Item) -> Option<(Vec<Step>, Vec<Continuation>)> {
    match &item.kind {
        ItemKind::Flow(flow) => Some((flow.steps.clone(), flow.arms.clone())),
        ItemKind::Subflow(code) => match &code.body {
            SubflowBody::Flow(flow) => Some((flow.steps.clone(), flow.arms.clone())),
            SubflowBody::Constructor(made) => {
                let step = Step { kind: StepKind::Constructor(made.clone()), span: made.span };
                Some((vec![step], Vec::new()))
            }
        },
        _ => None,
    }
}
