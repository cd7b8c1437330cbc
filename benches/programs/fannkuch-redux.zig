// fannkuch-redux.kz in Zig.
const std = @import("std");

const most = 16;

const Result = struct { checksum: i32, most_flips: u32 };

fn flipAll(n: u32) Result {
    var permutation: [most]u32 = undefined;
    var turned: [most]u32 = undefined;
    for (0..n) |index| permutation[index] = @intCast(index);
    var counts: [most]u32 = undefined;
    var checksum: i32 = 0;
    var most_flips: u32 = 0;
    var is_even = true;
    var left = n;
    while (true) {
        while (left != 1) : (left -= 1) counts[left - 1] = left;
        const count = flips(permutation[0..n], turned[0..n]);
        most_flips = @max(most_flips, count);
        checksum += if (is_even) @as(i32, @intCast(count)) else -@as(i32, @intCast(count));
        while (true) : (left += 1) {
            if (left == n) return .{ .checksum = checksum, .most_flips = most_flips };
            rotate(permutation[0 .. left + 1]);
            counts[left] -= 1;
            if (counts[left] > 0) break;
        }
        is_even = !is_even;
    }
}

fn flips(list: []const u32, turned: []u32) u32 {
    if (list[0] == 0) return 0;
    @memcpy(turned, list);
    var count: u32 = 0;
    while (turned[0] != 0) : (count += 1) {
        var low: usize = 0;
        var high: usize = turned[0];
        while (low < high) {
            std.mem.swap(u32, &turned[low], &turned[high]);
            low += 1;
            high -= 1;
        }
    }
    return count;
}

fn rotate(list: []u32) void {
    const first = list[0];
    for (1..list.len) |index| list[index - 1] = list[index];
    list[list.len - 1] = first;
}

pub fn main() !void {
    const n = try @import("size.zig").ofRun(7);
    if (n > most) return error.TooMany;
    const result = flipAll(n);
    std.debug.print("{d}\nPfannkuchen({d}) = {d}\n", .{ result.checksum, n, result.most_flips });
}
