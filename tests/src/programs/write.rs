//! A program as text. Its blanks are untidy on purpose: `koruc fmt` is what makes it readable.

use super::model::{Body, Branch, Call, Condition, Event, Number, Program, Step};
use std::fmt::Write;

/// What every file of programs begins with. `rounds` counts down for labels.
pub const PREAMBLE: &str = "\
const std = @import(\"std\");
~import \"$std/io\"
~import \"$std/taps\"
~event mark { n: u32 }
~proc mark { std.debug.print(\"== {d}\\n\", .{n}); }
~event show { n: u32 }
~proc show { std.debug.print(\"{d}\\n\", .{n}); }
~event rounds { left: u32, sum: u32 }
| more { left: u32, sum: u32 }
| stop u32
~proc rounds {
    if (left == 0) return .{ .stop = sum };
    return .{ .more = .{ .left = left - 1, .sum = sum } };
}
~event lend { n: u32 }
| lent { what: u32[held!], n: u32 }
~proc lend { return .{ .lent = .{ .what = n, .n = n } }; }
~event give_back { what: u32[!held] }
~proc give_back { std.debug.print(\"back {d}\\n\", .{what}); }
";

const BRANCHES: [&str; 3] = ["one", "two", "three"];
const FIELDS: [&str; 2] = ["f", "g"];
const INPUTS: [&str; 2] = ["a", "b"];

/// The text of a program whose names begin with `p` and its number.
pub fn write(program: &Program, number: usize) -> String {
    let mut writer = Writer { program, number, made: 0, out: String::new() };
    for (index, event) in program.events.iter().enumerate() {
        writer.event(index, event);
    }
    let taps = program.events.iter().enumerate();
    taps.for_each(|(index, event)| writer.tap(index, event));
    let _ = writeln!(writer.out, "~mark(n: {number})");
    for flow in &program.flows {
        let scope = Scope { names: Vec::new(), events: program.events.len(), goal: Goal::Print };
        let text = writer.step(flow, &scope);
        // `_` begins no flow.
        let head = if text.step == "_" { "~show(n: 0) |> " } else { "~" };
        writer.flow(head, &text);
    }
    writer.out
}

/// What the end of a path must do.
#[derive(Clone)]
enum Goal {
    Print,
    /// Construct a branch of the event with this index.
    Answer(usize),
    /// Jump to the label with this number, whose round is bound to the second.
    Jump(usize, usize),
}

/// What a step can see.
#[derive(Clone)]
struct Scope {
    /// Expressions of type `u32`.
    names: Vec<String>,
    /// How many events may be called.
    events: usize,
    goal: Goal,
}

impl Scope {
    fn with(&self, names: impl IntoIterator<Item = String>) -> Scope {
        let mut scope = self.clone();
        scope.names.extend(names);
        scope
    }

    fn printing(&self) -> Scope {
        Scope { goal: Goal::Print, ..self.clone() }
    }
}

/// A step and its continuations.
struct Written {
    step: String,
    arms: Vec<Arm>,
}

struct Arm {
    head: String,
    below: Written,
}

struct Writer<'p> {
    program: &'p Program,
    number: usize,
    /// Names made so far.
    made: usize,
    out: String,
}

impl Writer<'_> {
    fn event(&mut self, index: usize, event: &Event) {
        let inputs: Vec<_> = inputs(event).map(|input| format!("{input}: u32")).collect();
        let name = self.name(index);
        let _ = writeln!(self.out, "~event {name}  {{{}}}", inputs.join(","));
        for (at, branch) in event.branches.iter().enumerate() {
            let mark = if is_optional(event, at) { "?" } else { "" };
            let _ = writeln!(self.out, "|  {mark}{} {}", BRANCHES[at], payload(branch));
        }
        let scope = Scope { names: inputs_in_scope(event), events: index, goal: Goal::Answer(index) };
        match &event.body {
            Body::Proc { selector, values } => self.proc(&name, event, selector, values, &scope),
            Body::Flow(step) => {
                let text = self.step(step, &scope);
                self.flow(&format!("~{name} = "), &text);
            }
        }
    }

    fn tap(&mut self, index: usize, event: &Event) {
        let Some(tap) = &event.tap else { return };
        let (name, branch) = (format!("v{}", self.fresh()), &event.branches[0]);
        let scope = Scope { names: payload_names(&name, branch), events: 0, goal: Goal::Print };
        let guard =
            tap.guard.as_ref().map_or(String::new(), |guard| format!(" when {}", condition(guard, &scope)));
        let shown = expr(&tap.shown, &scope);
        let binding = match branch.fields {
            0 => String::new(),
            _ if uses(&guard, &name) || uses(&shown, &name) => format!(" {name}"),
            _ => " _".to_owned(),
        };
        let _ = writeln!(
            self.out,
            "~tap({} -> *)\n| {}{binding}{guard}|> show(n: {shown})",
            self.name(index),
            BRANCHES[0]
        );
    }

    fn proc(&mut self, name: &str, event: &Event, selector: &Number, values: &[Number], scope: &Scope) {
        let count = event.branches.len();
        let _ =
            writeln!(self.out, "~proc {name} {{\n  const selected = {} % {count};", expr(selector, scope));
        for (at, branch) in event.branches.iter().enumerate() {
            let values: Vec<_> =
                (0..2).map(|field| expr(&values[(at + field) % values.len()], scope)).collect();
            let made = host_constructor(at, branch, &values);
            let condition = if at + 1 < count { format!("if (selected == {at}) ") } else { String::new() };
            let _ = writeln!(self.out, "  {condition}return {made};");
        }
        self.out.push_str("}\n");
    }

    /// A flow with its continuations, indented as the program likes.
    fn flow(&mut self, head: &str, written: &Written) {
        let _ = writeln!(self.out, "{head}{}", written.step);
        let step = usize::from(self.program.indent);
        arms(&mut self.out, &written.arms, 0, step);
    }

    fn name(&self, event: usize) -> String {
        format!("p{}e{event}", self.number)
    }

    fn fresh(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    fn step(&mut self, step: &Step, scope: &Scope) -> Written {
        match step {
            Step::End { branch, values } => self.end(usize::from(*branch), values, scope),
            Step::Show(value, after) => {
                let after = self.step(after, scope);
                Written {
                    step: format!("show(n: {})|> {}", expr(value, scope), after.step),
                    arms: after.arms,
                }
            }
            Step::Call(call) if scope.events > 0 => self.call(call, scope),
            Step::Call(call) => self.step(&call.arms[0], scope),
            Step::If(when, then, otherwise) => {
                let yes = arm("then", None, self.step(then, scope));
                let no = arm("else", None, self.step(otherwise, scope));
                Written { step: format!("if({})", condition(when, scope)), arms: vec![yes, no] }
            }
            Step::For { times, each, done } => self.repeat(*times, each, done, scope),
            Step::Capture { start, times, next, after } => self.capture(start, *times, next, after, scope),
            Step::Constant(value, after) => {
                let name = format!("c{}", self.fresh());
                let below = self.step(after, &scope.with([format!("{name}.it")]));
                Written {
                    step: format!("const({{ it: {} }})", expr(value, scope)),
                    arms: vec![arm("as", Some(&name), below)],
                }
            }
            Step::Lend { value, is_given_back, after } => {
                let name = format!("o{}", self.fresh());
                let mut below = self.step(after, &scope.with([format!("{name}.n")]));
                if *is_given_back {
                    below.step = format!("give_back(what: {name}.what) |> {}", below.step);
                }
                let step = format!("lend(n: {})", expr(value, scope));
                Written { step, arms: vec![arm("lent", Some(&name), below)] }
            }
            Step::Rounds { times, start, round, after } => self.rounds(*times, start, round, after, scope),
        }
    }

    fn end(&self, choice: usize, values: &[Number], scope: &Scope) -> Written {
        let value = |at: usize| expr(&values[at % values.len()], scope);
        let step = match scope.goal {
            Goal::Print if choice.is_multiple_of(5) => "_".to_owned(),
            Goal::Print if choice % 5 == 1 => format!("std.io:print.ln(\"{{{{ {}:d }}}}\")", value(0)),
            Goal::Print => format!("show( n: {} )", value(0)),
            Goal::Jump(label, round) => format!("@l{label}(left: r{round}.left,sum: {})", value(0)),
            Goal::Answer(event) => {
                let branches = &self.program.events[event].branches;
                let at = choice % branches.len();
                let values = [value(0), value(1)];
                if choice.is_multiple_of(7) {
                    host_constructor(at, &branches[at], &values)
                } else {
                    constructor(at, &branches[at], &values)
                }
            }
        };
        Written { step, arms: Vec::new() }
    }

    fn call(&mut self, call: &Call, scope: &Scope) -> Written {
        let index = usize::from(call.event) % scope.events;
        let event = &self.program.events[index];
        let values: Vec<_> = (0..2).map(|at| expr(&call.args[at % call.args.len()], scope)).collect();
        // A lone name means the input of that name.
        let is_named =
            !call.spelling.is_multiple_of(3) || values.iter().any(|value| INPUTS.contains(&value.as_str()));
        let args: Vec<_> = inputs(event)
            .zip(values)
            .map(|(input, value)| if is_named { format!("{input}: {value}") } else { value })
            .collect();
        let step = format!(
            "{}({})",
            self.name(index),
            args.join(if call.spelling.is_multiple_of(2) { ", " } else { "," })
        );
        let mut written = Vec::new();
        let handled = if call.catches_all { 1 } else { event.branches.len() };
        for (at, branch) in event.branches.iter().enumerate().take(handled) {
            // A branch that may be ignored is, where nothing has to come of it.
            if is_optional(event, at) && matches!(scope.goal, Goal::Print) && call.spelling.is_multiple_of(4)
            {
                continue;
            }
            if at == 0
                && let Some(guard) = &call.guard
            {
                written.push(self.branch(at, branch, Some(guard), &call.arms[call.arms.len() - 1], scope));
            }
            written.push(self.branch(at, branch, None, &call.arms[at % call.arms.len()], scope));
        }
        if handled < event.branches.len() {
            let below = self.step(&call.arms[handled % call.arms.len()], scope);
            written.push(Arm { head: "|?".into(), below });
        }
        Written { step, arms: written }
    }

    fn branch(
        &mut self,
        at: usize,
        branch: &Branch,
        guard: Option<&Condition>,
        step: &Step,
        scope: &Scope,
    ) -> Arm {
        let name = format!("v{}", self.fresh());
        let scope = scope.with(payload_names(&name, branch));
        let below = self.step(step, &scope);
        let guard = guard.map_or(String::new(), |guard| format!(" when {}", condition(guard, &scope)));
        let is_used = uses(&guard, &name) || below.uses(&name);
        let binding = match branch.fields {
            0 => String::new(),
            _ if is_used => format!(" {name}"),
            _ => " _".to_owned(),
        };
        Arm { head: format!("| {}{binding}{guard}", BRANCHES[at]), below }
    }

    fn repeat(&mut self, times: u8, each: &Step, done: &Step, scope: &Scope) -> Written {
        let name = format!("i{}", self.fresh());
        let inside = scope.printing().with([format!("@as(u32, @intCast({name}))")]);
        let each = arm("each", Some(&name), self.step(each, &inside));
        let done = arm("done", None, self.step(done, scope));
        Written { step: format!("for(0..{times})"), arms: vec![each, done] }
    }

    fn capture(&mut self, start: &Number, times: u8, next: &Number, after: &Step, scope: &Scope) -> Written {
        let (acc, index, result) =
            (format!("k{}", self.fresh()), format!("i{}", self.made), format!("t{}", self.made));
        let inside = scope.with([format!("{acc}.sum"), format!("@as(u32, @intCast({index}))")]);
        let captured = Written {
            step: format!("captured {{ sum: {acc}.sum +% {} }}", expr(next, &inside)),
            arms: Vec::new(),
        };
        let each = arm("each", Some(&index), captured);
        let below = Written { step: format!("for(0..{times})"), arms: vec![each] };
        let after = self.step(after, &scope.with([format!("{result}.sum")]));
        let arms = vec![arm("as", Some(&acc), below), arm("captured", Some(&result), after)];
        Written { step: format!("capture({{ sum: {} }})", expr(start, scope)), arms }
    }

    fn rounds(&mut self, times: u8, start: &Number, round: &Step, after: &Step, scope: &Scope) -> Written {
        let label = self.fresh();
        let more = format!("r{label}");
        let mut inside = scope.with([format!("{more}.sum"), format!("{more}.left")]);
        inside.goal = Goal::Jump(label, label);
        let round = self.step(round, &inside);
        let stop = format!("s{label}");
        let after = self.step(after, &scope.with([stop.clone()]));
        let step = format!("#l{label} rounds(left: {times}, sum: {})", expr(start, scope));
        Written { step, arms: vec![arm("more", Some(&more), round), arm("stop", Some(&stop), after)] }
    }
}

impl Written {
    fn uses(&self, name: &str) -> bool {
        uses(&self.step, name) || self.arms.iter().any(|arm| uses(&arm.head, name) || arm.below.uses(name))
    }
}

fn uses(text: &str, name: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name)
}

/// An arm whose binding is `_` where nothing uses it.
fn arm(branch: &str, name: Option<&str>, below: Written) -> Arm {
    let binding = match name {
        None => String::new(),
        Some(name) if below.uses(name) => format!(" {name}"),
        Some(_) => " _".to_owned(),
    };
    Arm { head: format!("| {branch}{binding}"), below }
}

fn arms(out: &mut String, list: &[Arm], indent: usize, step: usize) {
    for arm in list {
        let _ = writeln!(out, "{:indent$}{}|>  {}", "", arm.head, arm.below.step);
        arms(out, &arm.below.arms, indent + step, step);
    }
}

fn inputs(event: &Event) -> impl Iterator<Item = &'static str> {
    INPUTS.into_iter().take(usize::from(event.inputs))
}

fn inputs_in_scope(event: &Event) -> Vec<String> {
    inputs(event).map(str::to_owned).collect()
}

fn is_optional(event: &Event, at: usize) -> bool {
    event.is_last_optional && at > 0 && at + 1 == event.branches.len()
}

fn is_identity(branch: &Branch) -> bool {
    branch.fields == 1 && branch.is_identity
}

fn payload(branch: &Branch) -> String {
    if is_identity(branch) {
        return "u32".into();
    }
    let fields: Vec<_> = fields(branch).map(|field| format!("{field} : u32")).collect();
    if fields.is_empty() { String::new() } else { format!("{{{}}}", fields.join(", ")) }
}

fn fields(branch: &Branch) -> impl Iterator<Item = &'static str> {
    FIELDS.into_iter().take(usize::from(branch.fields))
}

fn payload_names(binding: &str, branch: &Branch) -> Vec<String> {
    if is_identity(branch) {
        return vec![binding.to_owned()];
    }
    fields(branch).map(|field| format!("{binding}.{field}")).collect()
}

fn constructor(at: usize, branch: &Branch, values: &[String]) -> String {
    let name = BRANCHES[at];
    if is_identity(branch) {
        return format!("{name}{{ {} }}", values[0]);
    }
    let fields: Vec<_> =
        fields(branch).zip(values).map(|(field, value)| format!("{field}:{value}")).collect();
    if fields.is_empty() { name.to_owned() } else { format!("{name} {{{}}}", fields.join(", ")) }
}

fn host_constructor(at: usize, branch: &Branch, values: &[String]) -> String {
    let name = BRANCHES[at];
    if is_identity(branch) {
        return format!(".{{ .{name} = {} }}", values[0]);
    }
    let fields: Vec<_> =
        fields(branch).zip(values).map(|(field, value)| format!(".{field} = {value}")).collect();
    if fields.is_empty() {
        format!(".{name}")
    } else {
        format!(".{{ .{name} = .{{ {} }} }}", fields.join(", "))
    }
}

fn expr(number: &Number, scope: &Scope) -> String {
    match number {
        Number::Constant(value) => format!("@as(u32, {value})"),
        Number::Named(choice) if !scope.names.is_empty() => {
            // The newest names are the most interesting.
            scope.names[scope.names.len() - 1 - usize::from(*choice) % scope.names.len()].clone()
        }
        Number::Named(choice) => format!("@as(u32, {choice})"),
        Number::Of(op, a, b) => {
            let op = ["+%", "-%", "*%", "^", "&"][usize::from(*op) % 5];
            format!("({} {op} {})", expr(a, scope), expr(b, scope))
        }
    }
}

fn condition(Condition(op, a, b): &Condition, scope: &Scope) -> String {
    let op = ["<", "<=", "==", "!=", ">", ">="][usize::from(*op) % 6];
    format!("{} {op} {}", expr(a, scope), expr(b, scope))
}
