//! Which libraries come with the compiler, as libraries.json says it.
//!
//! In: its text. Out: [`Library`]s. One of them is the foundation: every program stands on it, and what is not
//! Koru's own it finds there by the files' names, whatever the library is called.

use camino::{Utf8Path, Utf8PathBuf};

/// Of the foundation: what every program imports without saying so.
pub const PRELUDE: &str = "compiler.kz";
/// Of the foundation: what host code gets that imports it by its alias, `@import("std")`.
pub const HOST_STD: &str = "host/std.kz";

/// A library that comes with the compiler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// `web`, `web/json`: an alias may have several segments.
    pub alias: String,
    pub folder: Utf8PathBuf,
    /// Does every program stand on it?
    pub is_foundation: bool,
}

impl Library {
    /// The one that every program stands on.
    pub fn foundation(libraries: &[Library]) -> Option<&Library> {
        libraries.iter().find(|library| library.is_foundation)
    }

    /// The libraries a libraries.json lists, whose folders are below `home`. An error says what is wrong with it.
    pub fn listed(text: &str, home: &Utf8Path) -> Result<Vec<Library>, String> {
        let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let foundation = json["foundation"].as_str().ok_or("it names no `foundation`")?;
        let list = json["libraries"].as_object().ok_or("its `libraries` are no object")?;
        let library = |(alias, folder): (&String, &serde_json::Value)| {
            let folder = folder.as_str().ok_or_else(|| format!("the folder of `{alias}` is no text"))?;
            let is_foundation = alias == foundation;
            Ok(Library { alias: alias.clone(), folder: home.join(folder), is_foundation })
        };
        let found: Vec<_> = list.iter().map(library).collect::<Result<_, String>>()?;
        match Library::foundation(&found) {
            Some(_) => Ok(found),
            None => Err(format!("its foundation `{foundation}` is none of its libraries")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Expect) {
        let listed = Library::listed(text, Utf8Path::new("home"));
        let line =
            |one: &Library| format!("{} in {}, foundation: {}", one.alias, one.folder, one.is_foundation);
        let lines = listed.map(|listed| listed.iter().map(line).collect::<Vec<_>>().join("\n"));
        expected.assert_eq(&lines.unwrap_or_else(|problem| format!("error: {problem}")));
    }

    #[test]
    fn the_foundation_may_have_any_name() {
        check(
            r#"{ "foundation": "base", "libraries": { "base": "b", "web/json": "w" } }"#,
            expect![[r#"
            base in home/b, foundation: true
            web/json in home/w, foundation: false"#]],
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("{", expect!["error: EOF while parsing an object at line 1 column 1"]);
        check("{}", expect!["error: it names no `foundation`"]);
        check(r#"{ "foundation": "a", "libraries": [] }"#, expect!["error: its `libraries` are no object"]);
        check(
            r#"{ "foundation": "a", "libraries": { "a": 1 } }"#,
            expect!["error: the folder of `a` is no text"],
        );
        check(
            r#"{ "foundation": "a", "libraries": { "b": "b" } }"#,
            expect!["error: its foundation `a` is none of its libraries"],
        );
    }
}
