// binary-trees.kz in Zig.
const std = @import("std");

const Allocator = std.mem.Allocator;
const Arena = std.heap.ArenaAllocator;

const least = 4;

const Tree = struct {
    left: ?*Tree,
    right: ?*Tree,

    fn grow(memory: Allocator, depth: u32) Allocator.Error!*Tree {
        const tree = try memory.create(Tree);
        tree.* = .{ .left = null, .right = null };
        if (depth > 0) {
            tree.left = try grow(memory, depth - 1);
            tree.right = try grow(memory, depth - 1);
        }
        return tree;
    }

    fn nodes(tree: *const Tree) u32 {
        var sum: u32 = 1;
        if (tree.left) |left| sum += left.nodes();
        if (tree.right) |right| sum += right.nodes();
        return sum;
    }
};

fn nodesOf(trees: u32, depth: u32) !u32 {
    var arena = Arena.init(std.heap.page_allocator);
    defer arena.deinit();
    var sum: u32 = 0;
    for (0..trees) |_| {
        const tree = try Tree.grow(arena.allocator(), depth);
        sum += tree.nodes();
        _ = arena.reset(.retain_capacity);
    }
    return sum;
}

pub fn main() !void {
    const deepest = try @import("size.zig").ofRun(10);
    std.debug.print("stretch tree of depth {d}: {d}\n", .{ deepest + 1, try nodesOf(1, deepest + 1) });
    var arena = Arena.init(std.heap.page_allocator);
    defer arena.deinit();
    const kept = try Tree.grow(arena.allocator(), deepest);
    var depth: u32 = least;
    while (depth <= deepest) : (depth += 2) {
        const trees = @as(u32, 1) << @intCast(deepest - depth + least);
        std.debug.print("{d} trees of depth {d}: {d}\n", .{ trees, depth, try nodesOf(trees, depth) });
    }
    std.debug.print("long lived tree of depth {d}: {d}\n", .{ deepest, kept.nodes() });
}
