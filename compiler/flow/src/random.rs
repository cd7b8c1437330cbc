//! Small random programs, for laws that hold of every graph.
//!
//! In: a seed. Out: a lawful graph whose `@main` takes two numbers and ends: loops count down, and
//! calls reach earlier functions only. It is full of what the passes look for: tags chosen on one way
//! and asked on another, exits with payloads, slots, empty blocks, values that nobody reads.

use crate::builder::Builder;
use crate::graph::*;
use koru_base::{Name, Span};

const TYPES: [Type; 4] = [Type::Int(1), Type::Int(8), Type::Int(32), Type::Int(64)];

/// Knuth's generator: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.roll(items.len())]
    }
}

/// A program of some functions and an exported `@main`.
pub fn program(seed: u64) -> Graph {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut graph = Graph::default();
    for index in 0..1 + dice.roll(5) {
        let name = Name::new(&format!("f{index}"));
        let params = (0..dice.roll(4)).map(|_| dice.pick(&TYPES)).collect();
        let exits = (0..1 + dice.roll(3)).map(|index| exit(&mut dice, index)).collect();
        let inline = dice.pick(&[Inline::Auto, Inline::Auto, Inline::Auto, Inline::Always, Inline::Never]);
        add(&mut graph, &mut dice, name, Linkage::Internal, inline, (params, exits));
    }
    let exits = vec![Exit { name: Name::new("return"), results: vec![Type::Int(64)] }];
    let signature = (vec![Type::Int(32), Type::Int(8)], exits);
    add(&mut graph, &mut dice, Name::new("main"), Linkage::Export, Inline::Auto, signature);
    graph
}

fn exit(dice: &mut Dice, index: usize) -> Exit {
    let results = (0..dice.roll(3)).map(|_| dice.pick(&TYPES)).collect();
    Exit { name: Name::new(["done", "more", "failed"][index]), results }
}

fn add(
    graph: &mut Graph,
    dice: &mut Dice,
    name: Name,
    linkage: Linkage,
    inline: Inline,
    (params, exits): (Vec<Type>, Vec<Exit>),
) {
    let signature = Signature { params, exits, convention: Convention::Koru, foreign: Foreign::default() };
    let mut builder = Builder::new(&signature.params);
    let pool = builder.params(BlockId(0)).to_vec();
    let slot = builder.slot(8, 8);
    let address = builder.slot_address(slot);
    let zero = builder.word(0);
    builder.store(address, zero, 8);
    let mut writer =
        Writer { graph, dice, exits: &signature.exits, builder, pool, address, is_looping: false };
    writer.statements(3);
    writer.exit();
    let body = Some(writer.builder.finish());
    let function = Function { name, signature, linkage, inline, is_cold: false, body, span: Span::NONE };
    graph.functions.push(function);
}

/// Writes one body.
struct Writer<'a> {
    graph: &'a Graph,
    dice: &'a mut Dice,
    exits: &'a [Exit],
    builder: Builder,
    /// Values that may be read here.
    pool: Vec<ValueId>,
    address: ValueId,
    /// Calls within loops within calls within loops would take all day.
    is_looping: bool,
}

impl Writer<'_> {
    fn statements(&mut self, depth: usize) {
        for _ in 0..self.dice.roll(5) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: usize) {
        match self.dice.roll(if depth == 0 { 6 } else { 12 }) {
            0 | 1 => self.arithmetic(),
            2 => self.convert(),
            3 => self.compare(),
            4 => self.memory(),
            5 => self.select(),
            6 | 7 => self.choose(depth - 1),
            8 => self.tag(depth - 1),
            9 if !self.is_looping => self.repeat(depth - 1),
            _ => self.call(depth - 1),
        }
    }

    /// A value of this type: one that is there, or a constant.
    fn any(&mut self, ty: Type) -> ValueId {
        let fitting: Vec<_> =
            self.pool.iter().copied().filter(|&value| self.builder.ty(value) == ty).collect();
        if !fitting.is_empty() && self.dice.roll(4) > 0 {
            return self.dice.pick(&fitting);
        }
        let number = self.dice.pick(&[0, 1, 1, 2, 7, 255, 65537]);
        let Type::Int(bits) = ty else { unreachable!("all types are integers") };
        self.builder.int(ty, number & (u128::MAX >> (128 - bits)))
    }

    fn all(&mut self, types: &[Type]) -> Vec<ValueId> {
        types.iter().map(|&ty| self.any(ty)).collect()
    }

    fn give(&mut self, ty: Type, op: Op) {
        let value = self.builder.push(ty, op);
        self.pool.push(value);
    }

    fn arithmetic(&mut self) {
        let ty = self.dice.pick(&TYPES);
        let (a, b) = (self.any(ty), self.any(ty));
        let op =
            self.dice.pick(&[Binary::Add, Binary::Sub, Binary::Mul, Binary::And, Binary::Or, Binary::Xor]);
        self.give(ty, Op::Binary(op, a, b));
    }

    fn convert(&mut self) {
        let (from, to) = (self.dice.pick(&TYPES), self.dice.pick(&TYPES));
        let op = match (from < to, from == to) {
            (true, _) => self.dice.pick(&[Convert::ExtendSigned, Convert::ExtendUnsigned]),
            (_, true) => Convert::Bits,
            _ => Convert::Truncate,
        };
        let value = self.any(from);
        self.give(to, Op::Convert(op, value));
    }

    fn compare(&mut self) {
        let ty = self.dice.pick(&TYPES);
        let (a, b) = (self.any(ty), self.any(ty));
        let op = [Compare::Equal, Compare::NotEqual, Compare::LessSigned, Compare::GreaterEqualUnsigned];
        let op = self.dice.pick(&op);
        self.give(Type::BOOL, Op::Compare(op, a, b));
    }

    fn memory(&mut self) {
        if self.dice.roll(2) == 0 {
            let value = self.any(Type::Int(64));
            self.builder.store(self.address, value, 8);
        } else {
            let address = self.address;
            self.give(Type::Int(64), Op::Load { address, align: 8, is_volatile: false });
        }
    }

    fn select(&mut self) {
        let ty = self.dice.pick(&TYPES);
        let (condition, a, b) = (self.any(Type::BOOL), self.any(ty), self.any(ty));
        self.give(ty, Op::Select(condition, a, b));
    }

    /// Runs `arm` in a block, where it may add values, which are forgotten behind it.
    fn arm(&mut self, block: BlockId, arm: impl FnOnce(&mut Self)) {
        let pool = self.pool.clone();
        self.builder.switch_to(block);
        self.pool.extend(self.builder.params(block));
        arm(self);
        self.pool = pool;
    }

    /// Goes on in a block, and keeps its parameters.
    fn go_on(&mut self, block: BlockId) {
        self.builder.switch_to(block);
        self.pool.extend(self.builder.params(block));
    }

    /// An arm that ends in `join` or leaves the function.
    fn arm_to(&mut self, block: BlockId, join: BlockId, types: &[Type], depth: usize) {
        self.arm(block, |writer| {
            writer.statements(depth);
            if writer.dice.roll(6) == 0 {
                writer.exit();
            } else {
                let args = writer.all(types);
                writer.builder.jump(join, args);
            }
        });
    }

    /// A branch or a switch whose arms meet.
    fn choose(&mut self, depth: usize) {
        let types: Vec<_> = (0..self.dice.roll(3)).map(|_| self.dice.pick(&TYPES)).collect();
        let join = self.builder.block(&types);
        let arms = [self.builder.block(&[]), self.builder.block(&[])];
        let target = |block| Target { block, args: Vec::new() };
        if self.dice.roll(2) == 0 {
            let condition = self.any(Type::BOOL);
            self.builder.branch(condition, arms[0], arms[1]);
        } else {
            let value = self.any(Type::Int(8));
            let straight = Target { block: join, args: self.all(&types) };
            let cases = vec![(0, target(arms[0])), (7, target(arms[1])), (255, straight)];
            self.builder.terminate(Terminator::Switch { value, cases, default: target(arms[1]) });
        }
        arms.into_iter().for_each(|arm| self.arm_to(arm, join, &types, depth));
        self.go_on(join);
    }

    /// A tag that is chosen in two arms, carried to a block and asked there.
    fn tag(&mut self, depth: usize) {
        let types = [Type::Int(8), self.dice.pick(&TYPES)];
        let asks = self.builder.block(&types);
        let arms = [self.builder.block(&[]), self.builder.block(&[])];
        let condition = self.any(Type::BOOL);
        self.builder.branch(condition, arms[0], arms[1]);
        for (number, arm) in arms.into_iter().enumerate() {
            self.arm(arm, |writer| {
                writer.statements(depth.min(1));
                let tag = writer.builder.int(Type::Int(8), number as u128);
                let payload = writer.any(types[1]);
                writer.builder.jump(asks, vec![tag, payload]);
            });
        }
        self.go_on(asks);
        self.statements(0);
        let join = self.builder.block(&[]);
        let arms = [self.builder.block(&[]), self.builder.block(&[])];
        let target = |block| Target { block, args: Vec::new() };
        let value = self.builder.params(asks)[0];
        let cases = vec![(0, target(arms[0])), (1, target(arms[1]))];
        self.builder.terminate(Terminator::Switch { value, cases, default: target(join) });
        arms.into_iter().for_each(|arm| self.arm_to(arm, join, &[], depth));
        self.go_on(join);
    }

    /// A loop of a few turns that carries a value.
    fn repeat(&mut self, depth: usize) {
        let ty = self.dice.pick(&TYPES);
        let head = self.builder.block(&[Type::Int(8), ty]);
        let inside = self.builder.block(&[]);
        let behind = self.builder.block(&[]);
        let turns = self.dice.roll(5) as u128;
        let turns = self.builder.int(Type::Int(8), turns);
        let start = self.any(ty);
        self.builder.jump(head, vec![turns, start]);
        self.go_on(head);
        let left = self.builder.params(head)[0];
        let zero = self.builder.int(Type::Int(8), 0);
        let is_over = self.builder.push(Type::BOOL, Op::Compare(Compare::Equal, left, zero));
        self.builder.branch(is_over, behind, inside);
        self.is_looping = true;
        self.arm(inside, |writer| {
            writer.statements(depth);
            let one = writer.builder.int(Type::Int(8), 1);
            let left = writer.builder.push(Type::Int(8), Op::Binary(Binary::Sub, left, one));
            let carried = writer.any(ty);
            writer.builder.jump(head, vec![left, carried]);
        });
        self.is_looping = false;
        self.go_on(behind);
    }

    /// A call of an earlier function.
    fn call(&mut self, depth: usize) {
        let earlier: Vec<_> = self.graph.functions.ids().collect();
        if earlier.is_empty() {
            return;
        }
        let id = self.dice.pick(&earlier);
        let Signature { params, exits, .. } = &self.graph.functions[id].signature;
        let args = self.all(params);
        let callee = Callee::Function(id);
        if let [exit] = exits.as_slice() {
            let results = self.builder.push_many(&exit.results, Op::Call { callee, args });
            self.pool.extend(results);
            return;
        }
        let join = self.builder.block(&[Type::Int(32)]);
        let arms: Vec<_> = exits.iter().map(|exit| self.builder.block(&exit.results)).collect();
        self.builder.terminate(Terminator::Call { callee, args, exits: arms.clone() });
        arms.into_iter().for_each(|arm| self.arm_to(arm, join, &[Type::Int(32)], depth));
        self.go_on(join);
    }

    fn exit(&mut self) {
        let index = self.dice.roll(self.exits.len());
        let values = self.all(&self.exits[index].results.clone());
        self.builder.terminate(Terminator::Exit { index: index as u32, values });
    }
}

#[cfg(test)]
pub mod tests {
    use super::program;
    use crate::eval::{FailureKind, Limits, Machine, NoWorld, Outcome, Value};
    use crate::text::{print, read};
    use crate::verify::expect_lawful;
    use crate::{Graph, Type, optimize};
    use koru_base::Level;

    /// Where tests begin to count their seeds: KORU_SEED, which `./dev fuzz` draws, else zero.
    pub fn first_seed() -> u64 {
        std::env::var("KORU_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// A hundred programs.
    fn seeds() -> std::ops::Range<u64> {
        first_seed()..first_seed() + 100
    }

    #[test]
    fn programs_are_lawful_and_read_back() {
        for seed in seeds() {
            let graph = program(seed);
            expect_lawful(&graph, &format!("writing program {seed}"));
            assert_eq!(read(&print(&graph)).unwrap(), graph, "program {seed}");
        }
    }

    #[test]
    fn passes_keep_the_laws_and_give_the_same_graph_each_time() {
        for seed in seeds() {
            for level in [Level::Debug, Level::Small, Level::Fast] {
                let mut graph = program(seed);
                let mut again = graph.clone();
                optimize(&mut graph, level);
                optimize(&mut again, level);
                assert_eq!(graph, again, "program {seed}");
                assert_eq!(read(&print(&graph)).unwrap(), graph, "program {seed}");
            }
        }
    }

    /// What `@main` comes to, for some arguments; nothing where it takes too long.
    fn run(graph: &Graph) -> Vec<Option<Outcome>> {
        let main = graph.find("main").unwrap();
        let limits = Limits { steps: 100_000, ..Limits::default() };
        let run = |(a, b): (u32, u8)| {
            let args = [Value::new(Type::Int(32), a.into()), Value::new(Type::Int(8), b.into())];
            match Machine::new(limits).call(graph, &mut NoWorld, main, &args) {
                Ok(outcome) => Some(outcome),
                Err(failure) if failure.kind == FailureKind::Steps => None,
                Err(failure) => panic!("{failure:?}\n{}", print(graph)),
            }
        };
        [(0, 0), (1, 1), (7, 255), (65537, 7), (u32::MAX, 2)].into_iter().map(run).collect()
    }

    #[test]
    fn passes_do_not_change_what_programs_do() {
        for seed in seeds() {
            let graph = program(seed);
            let before = run(&graph);
            for level in [Level::Debug, Level::Small, Level::Fast] {
                let mut graph = graph.clone();
                optimize(&mut graph, level);
                for (before, after) in before.iter().zip(run(&graph)) {
                    // Passes make programs shorter: only the original may take too long.
                    assert!(before.is_none() || *before == after, "program {seed} at {level:?}");
                }
            }
        }
    }
}
