//! What a program asks of the kernel, in words.
//!
//! In: the graph LLVM got, and the files of the foundation that name numbers. Out: each system call with its constant
//! arguments and the events that make it, and the same as a profile that container engines take.

use super::reach::Reach;
use crate::disk::Disk;
use crate::pipeline::Whole;
use koru_base::{Files, Target};
use koru_flow::possible::Possible;
use koru_flow::system_calls::{Allowed, SystemCalls};
use koru_hir::koru::Library;
use koru_syntax::ast::{ItemKind, host};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One system call.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    pub number: u32,
    pub name: String,
    /// What its arguments may be, a list a way of calling it.
    pub ways: Vec<Vec<Possible>>,
    pub events: Vec<String>,
}

impl Asked {
    pub fn json(&self) -> Value {
        let argument = |possible: &Possible| match possible {
            Possible::Any => Value::Null,
            Possible::OneOf(values) => values.iter().map(|&value| value as u64).collect::<Vec<_>>().into(),
        };
        let ways: Vec<Vec<_>> = self.ways.iter().map(|way| way.iter().map(argument).collect()).collect();
        json!({ "number": self.number, "name": self.name, "ways": ways, "events": self.events })
    }

    /// `write(1, _, 5)`, a text a way.
    pub fn calls(&self) -> Vec<String> {
        let shown = |possible: &Possible| match possible {
            Possible::Any => "_".to_owned(),
            Possible::OneOf(values) => values.iter().map(|&value| shown(value)).collect::<Vec<_>>().join("|"),
        };
        let way = |way: &Vec<Possible>| way.iter().map(shown).collect::<Vec<_>>().join(", ");
        self.ways.iter().map(|one| format!("{}({})", self.name, way(one))).collect()
    }
}

/// Large numbers are addresses, masks or negative.
fn shown(value: u128) -> String {
    let value = value as u64;
    match value.cast_signed() {
        small @ -4095..=4095 => small.to_string(),
        _ => format!("{value:#x}"),
    }
}

/// What is asked, by number, and places of assembly whose numbers nobody can see.
pub struct Kernel {
    pub asked: Vec<Asked>,
    pub hidden: Vec<String>,
}

/// Everything a program asks. `more` are graphs that are linked with it, which prepare it.
pub fn of(whole: &Whole, more: &[koru_flow::Graph]) -> Kernel {
    let target = whole.built.target;
    let (names, reach) = (names(target), Reach::new(&whole.lowered));
    let found = SystemCalls::of(&whole.graph, &target.syscalls);
    let mut events = BTreeMap::<u32, BTreeSet<String>>::new();
    for call in &found.calls {
        events.entry(call.number).or_default().extend(reach.events_above(call.span));
    }
    let mut allowed: Allowed = found.allowed();
    let mut hidden: Vec<_> = found.hidden.iter().map(|(_, span)| whole.cx.sources.place(*span)).collect();
    for graph in more {
        let found = SystemCalls::of(graph, &target.syscalls);
        for (number, ways) in found.allowed() {
            allowed.entry(number).or_default().extend(ways);
            events.entry(number).or_default().insert("preparation at start".to_owned());
        }
        hidden.extend(found.hidden.iter().map(|_| "what prepares the program at start".to_owned()));
    }
    let asked = allowed.into_iter().map(|(number, ways)| Asked {
        number,
        name: names.get(&number).cloned().unwrap_or_else(|| number.to_string()),
        ways,
        events: events.remove(&number).unwrap_or_default().into_iter().collect(),
    });
    Kernel { asked: asked.collect(), hidden }
}

/// The names of the numbers of system calls.
fn names(target: &Target) -> BTreeMap<u32, String> {
    let number = |decl: &host::VarDecl| match decl.value.as_ref().map(|value| &*value.kind) {
        Some(host::ExprKind::Int(number)) => number.as_str().replace('_', "").parse().ok(),
        _ => None,
    };
    let constants = constants(target.numbers_module);
    constants.iter().filter_map(|decl| Some((number(decl)?, decl.name.name.to_string()))).collect()
}

/// Those that an engine of containers makes itself, under the program's profile.
fn engine(target: &Target) -> Vec<String> {
    constants(target.engine_module).iter().map(|decl| decl.name.name.to_string()).collect()
}

/// The public constants of a module of the foundation.
fn constants(module: &str) -> Vec<host::VarDecl> {
    let libraries = Disk::libraries().unwrap_or_default();
    let file = Library::foundation(&libraries).map(|library| library.folder.join(format!("{module}.kz")));
    let Some(text) = file.and_then(|file| Disk.read(&file).ok()) else { return Vec::new() };
    let mut sources = koru_base::Sources::default();
    let (module, _) = koru_syntax::parse(sources.add("constants", text.as_str()), &text);
    let constant = |item: &koru_syntax::ast::Item| match &item.kind {
        ItemKind::Host(host::Decl { kind: host::DeclKind::Var { decl, .. }, is_public: true, .. }) => {
            Some(decl.clone())
        }
        _ => None,
    };
    module.items.iter().filter_map(constant).collect()
}

/// So many rules a call may have; beyond that its longest list of constants is not checked.
const RULES: usize = 16;

/// A profile of the asked calls: everything else ends the process. Those of the engine may be made with any
/// arguments.
pub fn profile(asked: &[Asked], target: &Target) -> Value {
    let besides = engine(target);
    let mut rules = Vec::new();
    for one in asked.iter().filter(|one| !besides.contains(&one.name)) {
        for way in &one.ways {
            for args in combinations(way) {
                let args: Vec<_> = args
                    .iter()
                    .map(|(index, value)| json!({ "index": index, "value": value, "op": "SCMP_CMP_EQ" }))
                    .collect();
                rules.push(json!({ "names": [one.name], "action": "SCMP_ACT_ALLOW", "args": args }));
            }
        }
    }
    rules.push(json!({ "names": besides, "action": "SCMP_ACT_ALLOW", "args": [] }));
    json!({
        "defaultAction": "SCMP_ACT_KILL_PROCESS",
        "architectures": [format!("SCMP_ARCH_{}", target.arch.to_uppercase())],
        "syscalls": rules,
    })
}

/// Each way the constant arguments of one way can be together.
fn combinations(way: &[Possible]) -> Vec<Vec<(usize, u64)>> {
    let mut lists: Vec<(usize, &Vec<u128>)> = Vec::new();
    for (index, possible) in way.iter().enumerate() {
        if let Possible::OneOf(values) = possible {
            lists.push((index, values));
        }
    }
    while lists.iter().map(|(_, values)| values.len()).product::<usize>() > RULES {
        let longest = lists.iter().map(|(_, values)| values.len()).max();
        lists.retain(|(_, values)| Some(values.len()) != longest);
    }
    lists.into_iter().fold(vec![Vec::new()], |made: Vec<Vec<(usize, u64)>>, (index, values)| {
        let with = |front: &Vec<(usize, u64)>, value: u128| {
            front.iter().copied().chain([(index, value as u64)]).collect::<Vec<_>>()
        };
        made.iter().flat_map(|front| values.iter().map(|&value| with(front, value))).collect()
    })
}
