//! Functions that were called often, or loop: they give and fail as they did when they were cold.

use super::*;
use crate::eval::warm;

/// Answers of `@f` in call after call of one machine, from the first to beyond the one that makes it warm.
fn answers(text: &str, args: impl Fn(u64) -> Vec<Value>) -> Vec<String> {
    let graph = crate::text::read(text).expect("a graph");
    let function = graph.find("f").expect("a function");
    let mut machine = Machine::default();
    let calls = 0..u64::from(warm::CALLS) + 3;
    calls.map(|turn| show(machine.call(&graph, &mut NoWorld, function, &args(turn)))).collect()
}

fn check_all(answers: &[String], expected: &str) {
    assert!(answers.iter().all(|answer| answer == expected), "{expected} is wanted: {answers:?}");
}

const VARIABLES: &str = "
fn @f(i64, i1) [return(i64, i32)] {
  slot s0 16 align 8
  b0(v0: i64, v1: i1):
    v2: ptr = slot s0
    v3: i64 = const 8
    v4: ptr = offset v2, v3
    store v2, v0 align 8
    branch v1, b1, b2
  b1():
    v5: i32 = const 7
    store v4, v5 align 4
    jump b2
  b2():
    v6: i64 = load v2 align 8
    v7: i32 = load v4 align 4
    exit return(v6, v7)
}";

#[test]
fn what_a_slot_held_a_register_holds() {
    let args = |set: u128| move |turn| vec![Value::word(turn), Value::new(Type::Int(1), set)];
    for (turn, answer) in answers(VARIABLES, args(1)).iter().enumerate() {
        assert_eq!(*answer, format!("0({turn}, 7)"));
    }
    for (turn, answer) in answers(VARIABLES, args(0)).iter().enumerate() {
        assert_eq!(*answer, format!("0({turn}, undefined)"));
    }
}

#[test]
fn a_loop_that_decides_by_what_was_never_stored_is_refused() {
    let text = "
fn @f(i64) [return(i64)] {
  slot s0 8 align 8
  b0(v0: i64):
    jump b1
  b1():
    v1: ptr = slot s0
    v2: i64 = load v1 align 8
    v3: i64 = const 3
    v4: i1 = less_unsigned v2, v3
    branch v4, b1, b2
  b2():
    exit return(v2)
}";
    check_all(
        &answers(text, |turn| vec![Value::word(turn)]),
        "Undefined: an undefined value decides what happens",
    );
}

/// What nobody reads may still be a mistake.
#[test]
fn a_wild_load_nobody_reads_fails_when_warm() {
    let text = "
fn @f(i64) [return(i64)] {
  slot s0 8 align 8
  b0(v0: i64):
    v1: ptr = slot s0
    store v1, v0 align 8
    v2: i64 = load v1 align 8
    v3: ptr = int_to_pointer v2
    v4: i64 = load v3 align 8
    exit return(v2)
}";
    let answers = answers(text, |_| vec![Value::word(64)]);
    check_all(&answers, &answers[0]);
    assert!(!answers[0].starts_with("0("), "{}", answers[0]);
}
