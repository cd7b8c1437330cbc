//! What a path holds: names, the values behind them, their states, what is owed.
//!
//! Values are a stack, oldest first: whoever enters a loop remembers its height, and what lies above
//! was made inside. A path that forks takes a copy.

use super::state::State;
use crate::ids::{EventId, ModuleId};
use koru_base::{Name, Sources, Span};
use koru_syntax::ast::host::{self, ExprKind};

/// Something with a state: a binding, or a field of one.
#[derive(Clone, Debug)]
pub struct Value {
    pub id: u32,
    /// Where it is found, oldest first: a state variable's output is its input under a further name.
    pub places: Vec<Place>,
    pub states: Vec<State>,
    /// Somebody has to discharge it.
    pub is_owed: bool,
    /// It belongs to the caller: an input whose annotation does not consume.
    pub is_borrowed: bool,
    pub gone: Option<Gone>,
    /// A mistake about it was reported.
    pub is_silent: bool,
    /// The binding.
    pub made: Span,
    /// The annotation.
    pub declared: Span,
    /// The event that answered with it; for an input, the one it is an input of.
    pub event: EventId,
    pub ty: host::Expr,
    pub module: ModuleId,
    /// As messages show it, in quotes where it is a path.
    pub shown: String,
}

/// A binding, or a field of its payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub binding: u32,
    /// What the binding is written as, and how paths are found that begin with it.
    pub name: Name,
    pub key: Name,
    pub field: Option<Name>,
    /// The address of the continuation that binds it; none for inputs.
    pub arm: usize,
}

/// How a value was lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gone {
    pub at: Span,
    pub how: How,
    /// The scope it was taken out of, if it was made outside of one.
    pub scope: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// An event took it.
    Consumed(EventId),
    /// An answer or a jump took it along.
    Handed,
}

impl Value {
    /// The path the program can write for it.
    pub fn written(&self) -> Option<String> {
        let Place { name, field, .. } = self.places[0];
        let path = field.map_or(name.to_string(), |field| format!("{name}.{field}"));
        (!path.starts_with('(')).then_some(path)
    }

    /// Is it still to be discharged?
    pub fn is_open(&self) -> bool {
        self.is_owed && self.gone.is_none()
    }
}

/// All a path holds.
#[derive(Clone, Default, Debug)]
pub struct Held {
    pub values: Vec<Value>,
    /// Names in force, as [`key`] has them, with the bindings they mean, innermost last.
    pub names: Vec<(Name, u32)>,
}

/// How a path that is written relates to a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// It is the value.
    Exact,
    /// It leads through the value.
    Through,
    /// The value is a part of it.
    Around,
}

impl Held {
    /// The values a written path touches.
    pub fn touched<'h>(&'h self, path: &'h [Name]) -> impl Iterator<Item = (usize, Relation)> + 'h {
        let binding = path.first().and_then(|name| self.binding(*name));
        let relations = move |value: &Value| {
            let places = value.places.iter().filter(|place| Some(place.binding) == binding);
            places.filter_map(|place| relation(place.field, path)).next()
        };
        let values = self.values.iter().enumerate();
        values.filter_map(move |(index, value)| relations(value).map(|how| (index, how)))
    }

    /// The value a written path is.
    pub fn exact(&self, path: &[Name]) -> Option<usize> {
        self.touched(path).find(|(_, how)| *how == Relation::Exact).map(|(index, _)| index)
    }

    /// The binding a name means here.
    pub fn binding(&self, name: Name) -> Option<u32> {
        self.names.iter().rev().find(|(other, _)| *other == name).map(|(_, binding)| *binding)
    }

    /// What is owed above a height, youngest first.
    pub fn open_above(&self, floor: usize) -> Vec<usize> {
        (floor..self.values.len()).rev().filter(|&index| self.values[index].is_open()).collect()
    }
}

fn relation(field: Option<Name>, path: &[Name]) -> Option<Relation> {
    match (field, path.get(1)) {
        (None, None) => Some(Relation::Exact),
        (None, Some(_)) => Some(Relation::Through),
        (Some(_), None) => Some(Relation::Around),
        (Some(field), Some(name)) if field == *name => {
            Some(if path.len() == 2 { Relation::Exact } else { Relation::Through })
        }
        _ => None,
    }
}

/// A name with the text it stands in: what a transform made does not see the names of others.
pub fn key(sources: &Sources, name: Name, at: Span) -> Name {
    match sources.hand(at.file) {
        Some(hand) => Name::new(&format!("{name}'{hand}")),
        None => name,
    }
}

/// The names of a plain path; a dereference is a step of it.
pub fn path(sources: &Sources, expr: &host::Expr) -> Option<Vec<Name>> {
    let longer = |base: &host::Expr, name: Name| {
        let mut path = path(sources, base)?;
        path.push(name);
        Some(path)
    };
    match &*expr.kind {
        ExprKind::Name(name) => Some(vec![key(sources, *name, expr.span)]),
        ExprKind::Field { base, name } => longer(base, name.name),
        ExprKind::Deref(base) | ExprKind::Unwrap(base) => longer(base, Name::new("*")),
        ExprKind::Index { base, .. } => longer(base, Name::new("[]")),
        ExprKind::Slice(slice) => longer(&slice.base, Name::new("[]")),
        _ => None,
    }
}
