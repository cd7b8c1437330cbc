// spectral-norm.kz in Zig.
const std = @import("std");

fn norm(size: u32) !f64 {
    const memory = try std.heap.page_allocator.alloc(f64, 3 * size);
    defer std.heap.page_allocator.free(memory);
    const u = memory[0..size];
    const v = memory[size .. 2 * size];
    const between = memory[2 * size ..];
    @memset(u, 1);
    for (0..10) |_| {
        timesBoth(v, between, u);
        timesBoth(u, between, v);
    }
    var uv: f64 = 0;
    var vv: f64 = 0;
    for (u, v) |a, b| {
        uv += a * b;
        vv += b * b;
    }
    return @sqrt(uv / vv);
}

fn entry(row: usize, column: usize) f64 {
    return 1 / @as(f64, @floatFromInt((row + column) * (row + column + 1) / 2 + row + 1));
}

fn timesBoth(result: []f64, between: []f64, vector: []const f64) void {
    for (between, 0..) |*place, row| {
        var sum: f64 = 0;
        for (vector, 0..) |x, column| sum += entry(row, column) * x;
        place.* = sum;
    }
    for (result, 0..) |*place, row| {
        var sum: f64 = 0;
        for (between, 0..) |x, column| sum += entry(column, row) * x;
        place.* = sum;
    }
}

pub fn main() !void {
    const size = try @import("size.zig").ofRun(50);
    std.debug.print("{d:.9}\n", .{try norm(size)});
}
