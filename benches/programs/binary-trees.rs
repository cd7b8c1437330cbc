//! binary-trees.kz in Rust: the arena is a list, and trees know each other by their places in it.
mod size;

const LEAST: u32 = 4;

struct Tree {
    branches: Option<(u32, u32)>,
}

fn grow(arena: &mut Vec<Tree>, depth: u32) -> u32 {
    let place = arena.len();
    arena.push(Tree { branches: None });
    if depth > 0 {
        let left = grow(arena, depth - 1);
        let right = grow(arena, depth - 1);
        arena[place].branches = Some((left, right));
    }
    place as u32
}

fn nodes(arena: &[Tree], tree: u32) -> u32 {
    match arena[tree as usize].branches {
        Some((left, right)) => 1 + nodes(arena, left) + nodes(arena, right),
        None => 1,
    }
}

fn nodes_of(trees: u32, depth: u32) -> u32 {
    let mut arena = Vec::new();
    let mut sum = 0;
    for _ in 0..trees {
        let tree = grow(&mut arena, depth);
        sum += nodes(&arena, tree);
        arena.clear();
    }
    sum
}

fn main() {
    let deepest = size::of_run(10);
    println!("stretch tree of depth {}: {}", deepest + 1, nodes_of(1, deepest + 1));
    let mut arena = Vec::new();
    let kept = grow(&mut arena, deepest);
    for depth in (LEAST..=deepest).step_by(2) {
        let trees = 1u32 << (deepest - depth + LEAST);
        println!("{trees} trees of depth {depth}: {}", nodes_of(trees, depth));
    }
    println!("long lived tree of depth {deepest}: {}", nodes(&arena, kept));
}
