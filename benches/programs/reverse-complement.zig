// reverse-complement.kz in Zig.
const std = @import("std");

const partners = blk: {
    @setEvalBranchQuota(2000);
    var table: [256]u8 = undefined;
    for (&table, 0..) |*partner, byte| partner.* = byte;
    for ("ACGTUMRWSYKVHDBN", "TGCAAKYWSRMBDHVN") |letter, partner| {
        table[letter] = partner;
        table[std.ascii.toLower(letter)] = partner;
    }
    break :blk table;
};

fn turn(text: []u8) void {
    var rest = text;
    while (std.mem.indexOfScalar(u8, rest, '\n')) |title| {
        const sequence = rest[title + 1 ..];
        const end = std.mem.indexOfScalar(u8, sequence, '>') orelse sequence.len;
        turnOne(sequence[0..end]);
        rest = sequence[end..];
    }
}

fn turnOne(sequence: []u8) void {
    var low: usize = 0;
    var high = sequence.len;
    while (low < high) {
        if (sequence[low] == '\n') {
            low += 1;
        } else if (sequence[high - 1] == '\n') {
            high -= 1;
        } else {
            high -= 1;
            const first = sequence[low];
            sequence[low] = partners[sequence[high]];
            sequence[high] = partners[first];
            low += 1;
        }
    }
}

pub fn main() !void {
    const text = try std.fs.File.stdin().readToEndAlloc(std.heap.page_allocator, 1 << 32);
    turn(text);
    try std.fs.File.stdout().writeAll(text);
}
