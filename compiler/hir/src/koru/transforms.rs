//! Transforms: calls that are replaced by the code a library's event answers, before anything is checked.
//!
//! In: the trees of all modules, and a [`Transformer`] that runs the library's code. Out: the same trees with
//! code in the place of those calls, outermost first, in source order, until none is left. Text a transform
//! gives is a file of its own: names in it mean what they mean in the transform's module, and what it binds is
//! seen by texts of the same run alone. Nodes of the caller keep their places and their meaning.

mod call;
mod code;
mod derive;
mod laws;
mod reach;
mod template;
mod walk;

pub use call::{Answer, run_transform};
pub(super) use code::filled;
pub use code::{Code, Filling, Texts};
pub use laws::check_transforms;
pub use reach::{event_of_name, reached};
pub use template::{home_of_texts, runner};
pub use walk::{Invocation, Made, Transformer, expand, expand_flow, expand_reached};

use super::annotations;
use crate::Context;
use crate::ids::{EventId, ModuleId};
use koru_base::{FileId, Name, Span};
use koru_syntax::ast::{Annotations, Continuation, Path, Pattern};
use rustc_hash::FxHashMap;

/// What is known of made text.
#[derive(Default)]
pub struct Memory {
    /// The module whose names a made text uses.
    homes: FxHashMap<FileId, ModuleId>,
    /// Events whose name is a pattern: they receive what no other event is called.
    pub(super) globs: Vec<EventId>,
    /// Pieces of code by the names that stand for them in made text.
    pub(super) pieces: FxHashMap<Name, koru_syntax::ast::fill::Piece>,
    last_file: Option<FileId>,
    next_hole: u32,
    next_hand: u32,
}

/// The module whose names code at this place uses: that of the transform which made the text, else `from`.
pub fn home(cx: &Context, span: Span, from: ModuleId) -> ModuleId {
    let homes = &cx.koru.transforms.homes;
    if homes.is_empty() { from } else { homes.get(&span.file).copied().unwrap_or(from) }
}

/// The same, where it is not the module of the code around it.
pub fn home_of_made(cx: &Context, span: Span) -> Option<ModuleId> {
    let homes = &cx.koru.transforms.homes;
    if homes.is_empty() { None } else { homes.get(&span.file).copied() }
}

/// What goes on behind a step with continuations of its own, and those: only transforms can make such code.
pub fn split_then<'a>(
    cx: &Context,
    arms: &'a [Continuation],
) -> Option<(&'a Continuation, &'a [Continuation])> {
    let (last, own) = arms.split_last()?;
    let Pattern::Void { span } = last.pattern else { return None };
    home_of_made(cx, span).filter(|_| !own.is_empty()).map(|_| (last, own))
}

/// Are calls of this event replaced by the code a library gives?
pub fn is_transform(cx: &Context, event: EventId) -> bool {
    let annotations = &cx.events[event].annotations;
    let is_replaced = annotations.has("transform") || template::is_template(annotations);
    is_replaced && annotations::word(annotations).is_none()
}

/// The event of a module whose name is a pattern that the path fits.
pub(super) fn glob(cx: &Context, module: Option<ModuleId>, path: &Path) -> Option<EventId> {
    let called = path.name.name.as_str();
    cx.koru.transforms.globs.iter().copied().find(|&event| {
        let declared = &cx.events[event];
        let is_here = match module {
            Some(module) => declared.module == module,
            None => declared.source.is_public && declared.annotations.has("keyword"),
        };
        is_here && fits(declared.name.as_str(), called)
    })
}

/// Does a text fit a pattern, in which `*` stands for any characters?
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or("");
    for piece in pieces {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, is_fit) in [
            ("log.*", "log.info", true),
            ("log.*", "log.a.b", true),
            ("log.*", "log", false),
            ("*", "anything", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, text), is_fit, "{pattern} {text}");
        }
    }
}
