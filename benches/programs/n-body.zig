// n-body.kz in Zig.
const std = @import("std");

const days = 365.24;
const sun_mass = 4.0 * std.math.pi * std.math.pi;

const Body = struct { x: f64, y: f64, z: f64, vx: f64, vy: f64, vz: f64, mass: f64 };

const start = [_]Body{
    .{ .x = 0, .y = 0, .z = 0, .vx = 0, .vy = 0, .vz = 0, .mass = sun_mass },
    .{
        .x = 4.84143144246472090e+00,
        .y = -1.16032004402742839e+00,
        .z = -1.03622044471123109e-01,
        .vx = 1.66007664274403694e-03 * days,
        .vy = 7.69901118419740425e-03 * days,
        .vz = -6.90460016972063023e-05 * days,
        .mass = 9.54791938424326609e-04 * sun_mass,
    },
    .{
        .x = 8.34336671824457987e+00,
        .y = 4.12479856412430479e+00,
        .z = -4.03523417114321381e-01,
        .vx = -2.76742510726411899e-03 * days,
        .vy = 4.99852801234917238e-03 * days,
        .vz = 2.30417297573763929e-05 * days,
        .mass = 2.85885980666130812e-04 * sun_mass,
    },
    .{
        .x = 1.28943695621391310e+01,
        .y = -1.51111514016986312e+01,
        .z = -2.23307578892655734e-01,
        .vx = 2.96460137564761618e-03 * days,
        .vy = 2.37847173959480950e-03 * days,
        .vz = -2.96589568540237556e-05 * days,
        .mass = 4.36624404335156298e-05 * sun_mass,
    },
    .{
        .x = 1.53796971148509165e+01,
        .y = -2.59193146099879641e+01,
        .z = 1.79258772950371181e-01,
        .vx = 2.68067772490389322e-03 * days,
        .vy = 1.62824170038242295e-03 * days,
        .vz = -9.51592254519715870e-05 * days,
        .mass = 5.15138902046611451e-05 * sun_mass,
    },
};

fn rest(bodies: []Body) void {
    for (bodies[1..]) |planet| {
        bodies[0].vx -= planet.vx * planet.mass / sun_mass;
        bodies[0].vy -= planet.vy * planet.mass / sun_mass;
        bodies[0].vz -= planet.vz * planet.mass / sun_mass;
    }
}

fn advance(bodies: *[start.len]Body, dt: f64) void {
    for (bodies, 0..) |*a, index| {
        for (bodies[index + 1 ..]) |*b| {
            const dx = a.x - b.x;
            const dy = a.y - b.y;
            const dz = a.z - b.z;
            const square = dx * dx + dy * dy + dz * dz;
            const pull = dt / (square * @sqrt(square));
            a.vx -= dx * b.mass * pull;
            a.vy -= dy * b.mass * pull;
            a.vz -= dz * b.mass * pull;
            b.vx += dx * a.mass * pull;
            b.vy += dy * a.mass * pull;
            b.vz += dz * a.mass * pull;
        }
    }
    for (bodies) |*body| {
        body.x += dt * body.vx;
        body.y += dt * body.vy;
        body.z += dt * body.vz;
    }
}

fn energy(bodies: []const Body) f64 {
    var sum: f64 = 0;
    for (bodies, 0..) |a, index| {
        sum += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
        for (bodies[index + 1 ..]) |b| {
            const dx = a.x - b.x;
            const dy = a.y - b.y;
            const dz = a.z - b.z;
            sum -= a.mass * b.mass / @sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

pub fn main() !void {
    const steps = try @import("size.zig").ofRun(1000);
    var bodies = start;
    rest(&bodies);
    const before = energy(&bodies);
    for (0..steps) |_| advance(&bodies, 0.01);
    std.debug.print("{d:.9}\n{d:.9}\n", .{ before, energy(&bodies) });
}
