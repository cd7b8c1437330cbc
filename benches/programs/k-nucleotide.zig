// k-nucleotide.kz in Zig.
const std = @import("std");

const page_allocator = std.heap.page_allocator;
const Counts = std.AutoHashMap(u64, u32);
const Letters = []const u2;

fn read(mark: []const u8) !Letters {
    const file = try std.fs.File.stdin().readToEndAlloc(page_allocator, 1 << 32);
    const found = std.mem.indexOf(u8, file, mark) orelse return error.Missing;
    const start = std.mem.indexOfScalarPos(u8, file, found, '\n') orelse return error.Missing;
    const letters = try page_allocator.alloc(u2, file.len - start);
    var len: usize = 0;
    for (file[start..]) |byte| {
        if (byte == '>') break;
        if (byte == '\n') continue;
        letters[len] = numberOf(byte);
        len += 1;
    }
    return letters[0..len];
}

fn numberOf(letter: u8) u2 {
    return @truncate(letter >> 1);
}

const names = "ACTG";

fn count(sequence: Letters, len: usize) !Counts {
    var counts = Counts.init(page_allocator);
    errdefer counts.deinit();
    const mask = (@as(u64, 1) << @intCast(2 * len)) - 1;
    var piece: u64 = 0;
    for (sequence, 1..) |letter, end| {
        piece = (piece << 2 | letter) & mask;
        if (end < len) continue;
        const entry = try counts.getOrPut(piece);
        if (!entry.found_existing) entry.value_ptr.* = 0;
        entry.value_ptr.* += 1;
    }
    return counts;
}

const Share = struct {
    piece: u64,
    count: u32,

    fn comesBefore(_: void, a: Share, b: Share) bool {
        return if (a.count == b.count) a.piece < b.piece else a.count > b.count;
    }
};

fn shares(sequence: Letters, len: u32) !void {
    var counts = try count(sequence, len);
    defer counts.deinit();
    var list: [16]Share = undefined;
    var used: usize = 0;
    var entries = counts.iterator();
    while (entries.next()) |entry| : (used += 1) list[used] = .{ .piece = entry.key_ptr.*, .count = entry.value_ptr.* };
    std.mem.sort(Share, list[0..used], {}, Share.comesBefore);
    for (list[0..used]) |share| {
        const part = 100 * @as(f64, @floatFromInt(share.count)) / @as(f64, @floatFromInt(sequence.len + 1 - len));
        var text: [2]u8 = undefined;
        for (text[0..len], 1..) |*letter, place| letter.* = names[@as(u2, @truncate(share.piece >> @intCast(2 * (len - place))))];
        std.debug.print("{s} {d:.3}\n", .{ text[0..len], part });
    }
}

fn occurrences(sequence: Letters, piece: []const u8) !u32 {
    var counts = try count(sequence, piece.len);
    defer counts.deinit();
    var number: u64 = 0;
    for (piece) |letter| number = number << 2 | numberOf(letter);
    return counts.get(number) orelse 0;
}

const pieces = [_][]const u8{ "GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT" };

pub fn main() !void {
    const sequence = try read(">THREE");
    try shares(sequence, 1);
    try shares(sequence, 2);
    for (pieces) |piece| std.debug.print("{d} {s}\n", .{ try occurrences(sequence, piece), piece });
}
