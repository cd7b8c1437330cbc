//! Every diagnostic code in one table: its text, its kebab name, one line about it.
//!
//! One code means one thing, forever. `koruc explain CODE` prints the page of the same name.

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Code(&'static str);

/// What the table says of a code.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `KORU021`.
    pub code: Code,
    /// `unknown-branch`.
    pub name: &'static str,
    /// One line.
    pub line: &'static str,
    /// Its page, `explain/KORU021.md`: why, and where one file can show it a wrong program and a right one.
    pub page: &'static str,
}

impl Code {
    /// `KORU021`.
    pub fn as_str(self) -> &'static str {
        self.0
    }
    /// The code with this text, if the table has it.
    pub fn find(text: &str) -> Option<Code> {
        TABLE.iter().map(|row| row.code).find(|code| code.0.eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    (@text $code:ident) => { stringify!($code) };
    (@text $code:ident $text:literal) => { $text };
    ($($code:ident $(= $text:literal)? $name:literal $line:literal)*) => {
        $(#[doc = $line] pub const $code: Code = Code(codes!(@text $code $($text)?));)*
        /// All codes, in order.
        pub const TABLE: &[Row] = &[$(Row {
            code: $code,
            name: $name,
            line: $line,
            page: include_str!(concat!("explain/", stringify!($code), ".md")),
        }),*];
    };
}

codes! {
    AUTO_DISCHARGE = "AUTO-DISCHARGE" "auto-discharge" "a call that discharges an obligation is put in"
    KORU001 "unknown-construct" "what follows `~` is no construct of the language"
    KORU002 "module-not-found" "an import names a file or an alias that is not there"
    KORU010 "stray-branch" "a line beginning with `|` belongs to nothing"
    KORU020 "duplicate-branch" "an event declares a branch twice"
    KORU021 "unknown-branch" "a continuation or constructor names a branch the event lacks"
    KORU022 "missing-branch" "a branch that must be handled has no continuation"
    KORU030 "binding-shape" "a payload without a binding, or a binding without a payload"
    KORU031 "payload-type" "a payload has another type than its branch declares"
    KORU032 "outer-disposal" "a resource of an outer scope is disposed inside an inner one"
    KORU033 "state-mismatch" "a value is not in the phantom state that is required"
    KORU034 "use-after-disposal" "a value is used after it was disposed"
    KORU035 "undisposed" "a path ends with an obligation open"
    KORU036 "dropped-by-jump" "a jump leaves an obligation behind"
    KORU037 "escapes-disposal" "a value outlives what it is reached through"
    KORU040 "unknown-event" "no event of this name is visible"
    KORU041 "unknown-label" "a jump names a label the flow lacks"
    KORU042 "duplicate-label" "a label is declared twice in a flow"
    KORU043 "label-arguments" "the arguments of a jump do not fit the labelled event"
    KORU044 "private-event" "an event of another module is not `pub`"
    KORU047 "unknown-module" "no module or type of this name is loaded"
    KORU050 "no-unguarded" "guarded continuations of a branch lack an unguarded one"
    KORU051 "several-unguarded" "guarded continuations of a branch have more than one unguarded one"
    KORU053 "proc-without-event" "a proc implements an event that is not declared"
    KORU054 "unknown-returned-branch" "a proc returns a branch its event lacks"
    KORU055 "duplicate-implementation" "an event is implemented twice"
    KORU056 "no-implementation" "an event is used but nothing implements it"
    KORU057 "missing-variant" "a variant is selected that does not exist"
    KORU058 "impure" "something declared `[pure]` calls what is not"
    KORU080 "missing-argument" "an input without a default is not supplied"
    KORU081 "unknown-argument" "an argument names no input of the event"
    KORU082 "argument-type" "an argument has another type than its input declares"
    KORU083 "preferred-disposal" "`[!]` stands on an event with several branches"
    KORU084 "misplaced-step" "a step stands where it cannot run"
    KORU100 "unused-binding" "a binding is never used"
    KORU110 "tap-pattern" "what stands between the parentheses of a tap is no pattern of transitions"
    KORU200 "ambiguous-module" "an import fits a file and a folder"
    KORU210 "ambiguous-keyword" "two modules export the same keyword"
    KORU300 "unknown-target" "the targets table has no such row"
    KORU301 "conflicting-config" "two active configs disagree on a key"
    KORU302 "bad-config" "a table of keys and values is malformed"
    KORU303 "missing-requirement" "a file or library that is linked with the program is not there"
    KORU304 "bad-requirement" "a file that is linked with the program cannot be used"
    KORU305 "undefined-symbol" "nothing that is linked with the program defines a symbol it needs"
    KORU306 "duplicate-symbol" "two parts of the program define one symbol"
    KORU307 "too-large" "the program has more bytes than its config allows"
    KORU308 "hidden-system-calls" "a program confined to its system calls has some that cannot be seen"
    KORU700 "build-time-failure" "code that runs at build time failed"
    KORU701 "build-time-limit" "code that runs at build time exceeded a limit"
    KORU702 "build-time-refused" "build-time code asked for what is refused there"
    KORU703 "command-failed" "a command reported an error"
    KORU704 "transform-failed" "a transform says that a call cannot become code"
    KORU705 "endless-transforms" "transforms rewrite each other without end"
    KORU706 "bad-transform" "the declaration of a transform does not say what it answers"
    KORU707 "misplaced-code" "code of a transform does not fit the place of the call"
    SHAPE001 "inconsistent-branches" "the paths of a subflow do not give the same set of shapes"
    SHAPE002 "duplicate-handler" "a branch is handled twice at one level"
    PARSE001 "malformed-flow" "a flow cannot be read"
    PARSE002 "bad-indentation" "a line is indented with something other than spaces"
    PARSE003 "malformed-declaration" "a declaration cannot be read"
    PARSE004 "unbalanced" "a bracket or a string has no partner"
    PARSE101 "malformed-import" "an import cannot be read"
    PARSE102 "malformed-annotation" "an annotation cannot be read"
    PARSE103 "malformed-event" "an event declaration cannot be read"
    PARSE104 "malformed-proc" "a proc declaration cannot be read"
    PARSE105 "malformed-host" "host code cannot be read"
    HOST001 "unknown-name" "no declaration of this name is in scope"
    HOST002 "type-mismatch" "an expression has another type than its place requires"
    HOST003 "unknown-member" "a type or value has no such member"
    HOST004 "bad-operands" "an operator does not take operands of these types"
    HOST005 "not-comptime" "a value must be known at compile time"
    HOST006 "bad-call" "a call does not fit the function"
    HOST007 "unsupported" "the dialect lacks this construct"
    HOST008 "value-range" "a number does not fit its type"
    HOST009 "not-assignable" "the left side cannot be assigned"
    HOST010 "missing-prong" "a switch does not cover every value"
    HOST011 "ignored-value" "a value is computed and dropped"
    HOST012 "bad-control" "break, continue, return or try stands where it cannot"
    HOST013 "missing-field" "a literal lacks a field, or names one twice or one that is not there"
    HOST014 "compile-error" "`@compileError` was reached"
    HOST015 "duplicate-declaration" "a name is declared twice in one container"
    HOST016 "dependency-loop" "a declaration needs its own value"
    HOST017 "needs-type" "an expression needs a type from its surroundings and gets none"
    HOST018 "bad-format" "a format string does not fit its arguments"
    HOST019 "c-type" "a function of C takes or gives what C has no form for"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique() {
        for (index, row) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..index].iter().all(|other| other.code != row.code && other.name != row.name),
                "{}",
                row.code
            );
        }
    }

    #[test]
    fn pages_are_about_their_codes() {
        for row in TABLE {
            let title = format!("# {}: {}\n\n", row.code, row.name);
            assert!(row.page.starts_with(&title), "the page of {} does not begin with {title}", row.code);
        }
    }
}
