//! Checked bodies to graphs, one function a kind of node.
//!
//! In: [`crate::tree::Body`] and layouts. Out: functions and globals of a [`koru_flow::Graph`]. Total:
//! whatever the checks accepted is lowered, and only what the roots reach. Flat values are graph values,
//! one a leaf; others are written into the place they are meant for. Read `code.rs`, then `expr.rs`.

mod aggregate;
mod arithmetic;
mod atomic;
mod call;
mod check;
mod code;
mod constant;
mod control;
mod convert;
mod event;
mod expr;
pub(crate) mod foreign;
mod intrinsic;
mod leave;
mod memory;
mod names;
mod place;
mod pool;
mod shape;
mod switch;
mod tidy;
mod union;
mod unwrap;
mod watch;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use constant::tag_of_field;

use crate::context::{Context, Linkage, Origin};
use crate::ids::{GlobalId, InstanceId, TypeId};
use crate::tree::Body;
use koru_base::{Name, Span};
use koru_flow as flow;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The graph of everything the roots reach.
pub fn lower_program(cx: &mut Context, roots: &[InstanceId]) -> flow::Graph {
    let mut lowering = Lowering::new(cx.mode.is_checked());
    lowering.panic = cx.panic;
    lowering.says_where = cx.mode.is_checked();
    lowering.is_watched = cx.is_watched;
    for &root in roots {
        lowering.function(cx, root);
    }
    lowering.finish(cx);
    lowering.graph
}

/// A graph that grows by what is asked of it.
#[derive(Default)]
pub struct Lowering {
    pub graph: flow::Graph,
    /// Are mistakes of the program caught when it runs?
    is_checked: bool,
    /// Takes a text and never returns: called when a check fails. Without it the program traps.
    pub panic: Option<InstanceId>,
    /// Do the texts of failing checks name the place?
    says_where: bool,
    /// Takes an error and gives its name: for graphs that grow, whose errors are never all known.
    pub error_name: Option<InstanceId>,
    functions: FxHashMap<InstanceId, flow::FunctionId>,
    globals: FxHashMap<GlobalId, flow::GlobalId>,
    /// Functions without a body yet.
    pending: VecDeque<InstanceId>,
    /// The program's main. Once code of this graph asks for it by its name, nobody else will.
    main: Option<flow::FunctionId>,
    /// Functions whose bodies were being checked when they were asked for.
    postponed: Vec<InstanceId>,
    names: FxHashMap<Name, flow::Symbol>,
    /// Where to go on looking for a free name like this one.
    numbers: FxHashMap<Name, u32>,
    /// Are debuggers told of variables?
    is_watched: bool,
    shapes: watch::Shapes,
    pool: pool::Pool,
    tables: names::Tables,
}

impl Lowering {
    /// An empty graph.
    pub fn new(is_checked: bool) -> Lowering {
        Lowering { is_checked, ..Lowering::default() }
    }

    /// The function of an instance. Its body comes with the next `finish`.
    pub fn function(&mut self, cx: &mut Context, id: InstanceId) -> flow::FunctionId {
        if let Some(&known) = self.functions.get(&id) {
            return known;
        }
        let shape = shape::of_instance(cx, id);
        let instance = &cx.instances[id];
        let is_elsewhere = matches!(instance.linkage, Linkage::Extern | Linkage::Build);
        let symbol = self.names.get(&instance.name).copied();
        if let (true, Some(flow::Symbol::Function(same))) = (is_elsewhere, symbol) {
            self.functions.insert(id, same); // two declarations of one symbol
            if self.main == Some(same) {
                self.graph.functions[same].linkage = flow::Linkage::Internal;
            }
            return same;
        }
        let function = self.graph.functions.push(flow::Function {
            name: instance.name,
            signature: shape.signature.clone(),
            linkage: linkage(instance.linkage),
            inline: instance.inline,
            is_cold: self.panic == Some(id),
            body: None,
            span: instance.span,
        });
        self.functions.insert(id, function);
        if instance.origin == Origin::Made && instance.linkage == Linkage::Export {
            self.main = Some(function);
        }
        self.claim(flow::Symbol::Function(function), !matches!(instance.linkage, Linkage::Internal));
        if !is_elsewhere {
            self.pending.push_back(id);
        }
        function
    }

    /// The global of a variable or named constant.
    pub fn global(&mut self, cx: &mut Context, id: GlobalId) -> flow::GlobalId {
        if let Some(&known) = self.globals.get(&id) {
            return known;
        }
        let global = cx.globals[id].clone();
        let layout = crate::layout::layout(cx, global.ty);
        let made = self.graph.globals.push(flow::Global {
            name: global.name,
            bytes: Vec::new(),
            size: layout.size,
            align: global.align.unwrap_or(layout.align),
            relocations: Vec::new(),
            is_const: global.is_const,
            is_threadlocal: global.is_threadlocal,
            linkage: linkage(global.linkage),
        });
        self.globals.insert(id, made);
        self.claim(flow::Symbol::Global(made), global.linkage != Linkage::Internal);
        if !matches!(global.linkage, Linkage::Extern | Linkage::Build) {
            let data = self.encode(cx, global.ty, &global.value);
            self.graph.globals[made].bytes = data.bytes;
            self.graph.globals[made].relocations = data.relocations;
        }
        made
    }

    /// Lowers everything that was asked for and whatever that needs.
    pub fn finish(&mut self, cx: &mut Context) {
        self.pending.extend(std::mem::take(&mut self.postponed));
        while let Some(instance) = self.pending.pop_front() {
            let shape = shape::of_instance(cx, instance);
            let tree = crate::host::body(cx, instance);
            let is_cold = tree.as_ref().is_some_and(|tree| tree.is_cold);
            let lowered = match tree {
                Some(tree) => code::lower_body(cx, self, shape, cx.instances[instance].span, &tree),
                None if self.error_name.is_some() => {
                    self.postponed.push(instance);
                    continue;
                }
                None => trap(&shape.signature.params),
            };
            let function = &mut self.graph.functions[self.functions[&instance]];
            function.is_cold |= is_cold;
            function.body = Some(lowered);
        }
        self.fill_error_names(cx);
        self.name_errors(cx);
    }

    /// A function of a body that takes nothing and gives back a value of a type.
    pub(crate) fn thunk(
        &mut self,
        cx: &mut Context,
        body: &Body,
        ty: TypeId,
        span: Span,
    ) -> flow::FunctionId {
        let shape = shape::of_thunk(cx, ty);
        let lowered = code::lower_body(cx, self, shape.clone(), span, body);
        let function = self.graph.functions.push(flow::Function {
            name: Name::new("a constant"),
            signature: shape.signature.clone(),
            linkage: flow::Linkage::Internal,
            inline: flow::Inline::Auto,
            is_cold: false,
            body: Some(lowered),
            span,
        });
        self.claim(flow::Symbol::Function(function), false);
        function
    }

    /// The instance a function is of.
    pub(crate) fn instance_of(&self, function: flow::FunctionId) -> Option<InstanceId> {
        // Several declarations of one symbol are one function: the smallest id stands for all.
        let same = self.functions.iter().filter(|&(_, &known)| known == function);
        same.map(|(&instance, _)| instance).min()
    }

    /// The variable or named constant a global of the graph is.
    pub(crate) fn known_global(&self, global: flow::GlobalId) -> Option<GlobalId> {
        self.globals.iter().find(|&(_, &known)| known == global).map(|(&id, _)| id)
    }

    /// Gives a symbol a name no other has. Names that others see stay as they are.
    fn claim(&mut self, symbol: flow::Symbol, is_public: bool) {
        let wanted = *self.name_of(symbol);
        let Some(&holder) = self.names.get(&wanted) else {
            self.names.insert(wanted, symbol);
            return;
        };
        let moving = if is_public { holder } else { symbol };
        let mut number = self.numbers.get(&wanted).copied().unwrap_or(2);
        let mut free = Name::new(&format!("{wanted}#{number}"));
        while self.names.contains_key(&free) {
            number += 1;
            free = Name::new(&format!("{wanted}#{number}"));
        }
        self.numbers.insert(wanted, number + 1);
        *self.name_of(moving) = free;
        self.names.insert(free, moving);
        if is_public {
            self.names.insert(wanted, symbol);
        }
    }

    fn name_of(&mut self, symbol: flow::Symbol) -> &mut Name {
        match symbol {
            flow::Symbol::Function(id) => &mut self.graph.functions[id].name,
            flow::Symbol::Global(id) => &mut self.graph.globals[id].name,
        }
    }
}

/// Stands for a body with a mistake in it: nothing runs such a graph.
fn trap(params: &[flow::Type]) -> flow::Body {
    let mut builder = flow::builder::Builder::new(params);
    builder.span = Span::NONE;
    builder.terminate(flow::Terminator::Trap);
    builder.finish()
}

fn linkage(linkage: Linkage) -> flow::Linkage {
    match linkage {
        Linkage::Internal => flow::Linkage::Internal,
        Linkage::Export => flow::Linkage::Export,
        Linkage::Extern => flow::Linkage::Import,
        Linkage::Build => flow::Linkage::Build,
    }
}
