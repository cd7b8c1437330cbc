//! The seed's answer by Zig's std.http.Server, a thread for each connection.

const std = @import("std");

fn serve(connection: std.net.Server.Connection) void {
    defer connection.stream.close();
    const on: c_int = 1;
    std.posix.setsockopt(connection.stream.handle, std.posix.IPPROTO.TCP, std.os.linux.TCP.NODELAY, std.mem.asBytes(&on)) catch return;
    var in: [16384]u8 = undefined;
    var out: [16384]u8 = undefined;
    var reader = connection.stream.reader(&in);
    var writer = connection.stream.writer(&out);
    var server = std.http.Server.init(reader.interface(), &writer.interface);
    while (true) {
        var request = server.receiveHead() catch return;
        request.respond("Hello from Koru!", .{
            .extra_headers = &.{.{ .name = "content-type", .value = "text/plain" }},
        }) catch return;
    }
}

pub fn main() !void {
    const address = try std.net.Address.parseIp("0.0.0.0", 3001);
    var server = try address.listen(.{ .reuse_address = true });
    while (true) {
        const connection = try server.accept();
        const thread = try std.Thread.spawn(.{ .stack_size = 262144 }, serve, .{connection});
        thread.detach();
    }
}
