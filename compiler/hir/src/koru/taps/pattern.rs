//! Patterns of taps: `net:fetch`, `std.io:print*`, `*.put`, `*`.
//!
//! In: the text between the parentheses of a `tap`. Out: two patterns, and what they match.

use crate::Context;
use crate::ids::EventId;

/// One side of the arrow. Without a module the event may be of any.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    module: Option<String>,
    event: String,
}

/// `source -> destination`, or `source` alone, whose destination is everything. The error is what is wrong.
pub fn pair(text: &str) -> Result<(Pattern, Pattern), String> {
    match text.split_once("->") {
        Some((source, destination)) => {
            Ok((Pattern::read(source, "source")?, Pattern::read(destination, "destination")?))
        }
        None => Ok((Pattern::read(text, "source")?, Pattern { module: None, event: "*".into() })),
    }
}

impl Pattern {
    fn read(text: &str, what: &str) -> Result<Pattern, String> {
        let text = text.trim();
        let (module, event) = match text.split_once(':') {
            Some((module, event)) => (Some(module), event),
            None => (None, text),
        };
        if text.is_empty() {
            return Err(format!("this tap has no {what}"));
        }
        match [module, Some(event)].into_iter().flatten().find(|part| !is_path(part)) {
            Some(_) => Err(format!("`{text}` is no pattern of an event")),
            None => Ok(Pattern { module: module.map(str::to_owned), event: event.to_owned() }),
        }
    }

    pub fn matches(&self, cx: &Context, event: EventId) -> bool {
        let event = &cx.events[event];
        let module = cx.modules[event.module].name;
        self.module.as_ref().is_none_or(|pattern| glob(pattern, module.as_str()))
            && glob(&self.event, event.name.as_str())
    }

    /// `*` or `*:*`: matches also what is no event.
    pub fn is_universal(&self) -> bool {
        self.event == "*" && self.module.as_ref().is_none_or(|module| module == "*")
    }

    /// Does it name one event, without a `*`?
    pub fn is_concrete(&self) -> bool {
        !self.event.contains('*') && !self.module.as_ref().is_some_and(|module| module.contains('*'))
    }
}

/// Words with dots between them, and `*` anywhere.
fn is_path(text: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '*';
    text.split('.').all(|part| !part.is_empty() && part.chars().all(is_word))
}

/// `*` is any letters, dots included.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(first) else { return false };
    let ends = (0..=text.len()).filter(|&at| text.is_char_boundary(at));
    ends.into_iter().any(|at| glob(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, yes, no) in [
            ("*", "a.b", ""),
            ("net:fetch", "net:fetch", "net:fetch.all"),
            ("*.x", "a.b.x", "x"),
            ("x.*", "x.a.b", "xa"),
            ("print*", "print.ln", "reprint"),
            ("a*b*c", "a1b2c", "acb"),
        ] {
            assert!(glob(pattern, yes), "{pattern} matches {yes}");
            assert!(no.is_empty() || !glob(pattern, no), "{pattern} does not match {no}");
        }
    }

    #[test]
    fn pairs() {
        let shown = |text: &str| match pair(text) {
            Ok((source, destination)) => format!("{source:?} {}", destination.event),
            Err(message) => message,
        };
        assert_eq!(shown("a"), r#"Pattern { module: None, event: "a" } *"#);
        assert_eq!(shown(" n.m:a.* ->b "), r#"Pattern { module: Some("n.m"), event: "a.*" } b"#);
        assert_eq!(shown("a -> "), "this tap has no destination");
        assert_eq!(shown("a -> b -> c"), "`b -> c` is no pattern of an event");
        assert_eq!(shown("a b"), "`a b` is no pattern of an event");
        assert_eq!(shown("a:b:c"), "`a:b:c` is no pattern of an event");
    }
}
