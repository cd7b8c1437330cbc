//! Hello as Zig says it, for the table of sizes.

const std = @import("std");

pub fn main() !void {
    try std.fs.File.stdout().writeAll("Hello, Koru!\n");
}
