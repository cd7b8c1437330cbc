//! Programs as choices: every value of these types is a program that the language accepts.
//!
//! A choice is a number; `write` resolves it among what is in scope, so a program stays well formed
//! whatever part of it is made smaller. All values are `u32`, all arithmetic wraps, all loops count down.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// A program: events in order, each of which may call those before it, and flows that call them.
#[derive(Clone, Debug)]
pub struct Program {
    pub events: Vec<Event>,
    pub flows: Vec<Step>,
    /// How far the untidy text is indented.
    pub indent: u8,
}

#[derive(Clone, Debug)]
pub struct Event {
    /// One or two.
    pub inputs: u8,
    /// One to three.
    pub branches: Vec<Branch>,
    /// Callers may ignore the last branch, if there are others.
    pub is_last_optional: bool,
    pub body: Body,
    pub tap: Option<Tap>,
}

/// What looks on wherever an event answers with its first branch.
#[derive(Clone, Debug)]
pub struct Tap {
    pub guard: Option<Condition>,
    pub shown: Number,
}

#[derive(Clone, Debug)]
pub struct Branch {
    /// How many fields; the first may be a value without a name.
    pub fields: u8,
    pub is_identity: bool,
}

#[derive(Clone, Debug)]
pub enum Body {
    /// Host code that selects a branch by a number.
    Proc {
        selector: Number,
        values: Vec<Number>,
    },
    Flow(Box<Step>),
}

/// A number: a constant, something in scope, or made of two.
#[derive(Clone, Debug)]
pub enum Number {
    Constant(u8),
    Named(u8),
    Of(u8, Box<Number>, Box<Number>),
}

/// `a < b` or another comparison.
#[derive(Clone, Debug)]
pub struct Condition(pub u8, pub Number, pub Number);

/// A step of a flow with everything that follows it.
#[derive(Clone, Debug)]
pub enum Step {
    /// Prints, answers, or jumps: what the surroundings want.
    End {
        branch: u8,
        values: Vec<Number>,
    },
    /// Prints and goes on.
    Show(Number, Box<Step>),
    Call(Box<Call>),
    If(Condition, Box<Step>, Box<Step>),
    For {
        times: u8,
        each: Box<Step>,
        done: Box<Step>,
    },
    Capture {
        start: Number,
        times: u8,
        next: Number,
        after: Box<Step>,
    },
    Constant(Number, Box<Step>),
    /// A value that has to be given back, by the program or by who sees that it did not.
    Lend {
        value: Number,
        is_given_back: bool,
        after: Box<Step>,
    },
    /// A label, a counter, and jumps back from wherever the round ends.
    Rounds {
        times: u8,
        start: Number,
        round: Box<Step>,
        after: Box<Step>,
    },
}

#[derive(Clone, Debug)]
pub struct Call {
    pub event: u8,
    pub args: Vec<Number>,
    /// How arguments, bindings and blanks are written.
    pub spelling: u8,
    pub guard: Option<Condition>,
    pub arms: Vec<Step>,
    /// The last branches are handled by `|?`.
    pub catches_all: bool,
}

/// Any program.
pub fn program() -> impl Strategy<Value = Program> {
    let flows = vec(step(4), 1..4);
    (vec(event(), 1..5), flows, 1..6u8).prop_map(|(events, flows, indent)| Program { events, flows, indent })
}

fn event() -> impl Strategy<Value = Event> {
    let branch = (0..3u8, any::<bool>()).prop_map(|(fields, is_identity)| Branch { fields, is_identity });
    let body = prop_oneof![
        (number(), vec(number(), 1..4)).prop_map(|(selector, values)| Body::Proc { selector, values }),
        step(3).prop_map(|step| Body::Flow(Box::new(step))),
    ];
    let tap = (option::of(condition()), number()).prop_map(|(guard, shown)| Tap { guard, shown });
    let tap = option::weighted(0.3, tap);
    (1..3u8, vec(branch, 1..4), any::<bool>(), body, tap).prop_map(
        |(inputs, branches, is_last_optional, body, tap)| Event {
            inputs,
            branches,
            is_last_optional,
            body,
            tap,
        },
    )
}

fn number() -> impl Strategy<Value = Number> {
    let leaf = prop_oneof![(0..20u8).prop_map(Number::Constant), any::<u8>().prop_map(Number::Named)];
    leaf.prop_recursive(2, 4, 2, |inner| {
        (any::<u8>(), inner.clone(), inner).prop_map(|(op, a, b)| Number::Of(op, Box::new(a), Box::new(b)))
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    (any::<u8>(), number(), number()).prop_map(|(op, a, b)| Condition(op, a, b))
}

/// A step with at most `depth` levels below it.
fn step(depth: u32) -> impl Strategy<Value = Step> {
    let end = (any::<u8>(), vec(number(), 1..3)).prop_map(|(branch, values)| Step::End { branch, values });
    end.prop_recursive(depth, 24, 4, |inner| {
        let next = || inner.clone().prop_map(Box::new);
        let call = (any::<u8>(), vec(number(), 1..3), any::<u8>());
        let rest = (option::of(condition()), vec(inner.clone(), 1..4), any::<bool>());
        let call = (call, rest).prop_map(|((event, args, spelling), (guard, arms, catches_all))| {
            Step::Call(Box::new(Call { event, args, spelling, guard, arms, catches_all }))
        });
        prop_oneof![
            4 => call,
            1 => (number(), next()).prop_map(|(n, after)| Step::Show(n, after)),
            2 => (condition(), next(), next()).prop_map(|(c, a, b)| Step::If(c, a, b)),
            1 => (0..4u8, next(), next()).prop_map(|(times, each, done)| Step::For { times, each, done }),
            1 => (number(), 0..4u8, number(), next())
                .prop_map(|(start, times, next, after)| Step::Capture { start, times, next, after }),
            1 => (number(), next()).prop_map(|(n, after)| Step::Constant(n, after)),
            1 => (number(), any::<bool>(), next())
                .prop_map(|(value, is_given_back, after)| Step::Lend { value, is_given_back, after }),
            2 => (0..3u8, number(), next(), next())
                .prop_map(|(times, start, round, after)| Step::Rounds { times, start, round, after }),
        ]
    })
}
