// mandelbrot.kz in Zig.
const std = @import("std");

const Eight = @Vector(8, f64);
const turns = 50;

fn draw(out: *std.Io.Writer, size: u32) !void {
    const step = 2.0 / @as(f64, @floatFromInt(size));
    try out.print("P4\n{d} {d}\n", .{ size, size });
    for (0..size) |y| {
        const imaginary: Eight = @splat(@as(f64, @floatFromInt(y)) * step - 1.0);
        var x: u32 = 0;
        while (x < size) : (x += 8) {
            const across = Eight{ 7, 6, 5, 4, 3, 2, 1, 0 } + @as(Eight, @splat(@floatFromInt(x)));
            try out.writeByte(inside(across * @as(Eight, @splat(step)) - @as(Eight, @splat(1.5)), imaginary));
        }
    }
    try out.flush();
}

fn inside(real: Eight, imaginary: Eight) u8 {
    const limit: Eight = @splat(4);
    var r: Eight = @splat(0);
    var i: Eight = @splat(0);
    var rr: Eight = @splat(0);
    var ii: Eight = @splat(0);
    for (0..turns) |_| {
        i = (r + r) * i + imaginary;
        r = rr - ii + real;
        rr = r * r;
        ii = i * i;
        if (@reduce(.And, rr + ii > limit)) return 0;
    }
    return @bitCast(rr + ii <= limit);
}

pub fn main() !void {
    const size = try @import("size.zig").ofRun(64);
    var buffer: [4096]u8 = undefined;
    var file = std.fs.File.stdout().writer(&buffer);
    try draw(&file.interface, size);
}
