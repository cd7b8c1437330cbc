//! n-body.kz in Rust.
mod size;

const DAYS: f64 = 365.24;
const SUN_MASS: f64 = 4.0 * std::f64::consts::PI * std::f64::consts::PI;

struct Body {
    x: f64,
    y: f64,
    z: f64,
    vx: f64,
    vy: f64,
    vz: f64,
    mass: f64,
}

const START: [Body; 5] = [
    Body { x: 0.0, y: 0.0, z: 0.0, vx: 0.0, vy: 0.0, vz: 0.0, mass: SUN_MASS },
    Body {
        x: 4.84143144246472090e+00,
        y: -1.16032004402742839e+00,
        z: -1.03622044471123109e-01,
        vx: 1.66007664274403694e-03 * DAYS,
        vy: 7.69901118419740425e-03 * DAYS,
        vz: -6.90460016972063023e-05 * DAYS,
        mass: 9.54791938424326609e-04 * SUN_MASS,
    },
    Body {
        x: 8.34336671824457987e+00,
        y: 4.12479856412430479e+00,
        z: -4.03523417114321381e-01,
        vx: -2.76742510726411899e-03 * DAYS,
        vy: 4.99852801234917238e-03 * DAYS,
        vz: 2.30417297573763929e-05 * DAYS,
        mass: 2.85885980666130812e-04 * SUN_MASS,
    },
    Body {
        x: 1.28943695621391310e+01,
        y: -1.51111514016986312e+01,
        z: -2.23307578892655734e-01,
        vx: 2.96460137564761618e-03 * DAYS,
        vy: 2.37847173959480950e-03 * DAYS,
        vz: -2.96589568540237556e-05 * DAYS,
        mass: 4.36624404335156298e-05 * SUN_MASS,
    },
    Body {
        x: 1.53796971148509165e+01,
        y: -2.59193146099879641e+01,
        z: 1.79258772950371181e-01,
        vx: 2.68067772490389322e-03 * DAYS,
        vy: 1.62824170038242295e-03 * DAYS,
        vz: -9.51592254519715870e-05 * DAYS,
        mass: 5.15138902046611451e-05 * SUN_MASS,
    },
];

fn rest(bodies: &mut [Body; 5]) {
    let [sun, planets @ ..] = bodies;
    for planet in planets {
        sun.vx -= planet.vx * planet.mass / SUN_MASS;
        sun.vy -= planet.vy * planet.mass / SUN_MASS;
        sun.vz -= planet.vz * planet.mass / SUN_MASS;
    }
}

fn advance(bodies: &mut [Body; 5], dt: f64) {
    for index in 0..bodies.len() {
        let (front, others) = bodies.split_at_mut(index + 1);
        let a = &mut front[index];
        for b in others {
            let (dx, dy, dz) = (a.x - b.x, a.y - b.y, a.z - b.z);
            let square = dx * dx + dy * dy + dz * dz;
            let pull = dt / (square * square.sqrt());
            a.vx -= dx * b.mass * pull;
            a.vy -= dy * b.mass * pull;
            a.vz -= dz * b.mass * pull;
            b.vx += dx * a.mass * pull;
            b.vy += dy * a.mass * pull;
            b.vz += dz * a.mass * pull;
        }
    }
    for body in bodies {
        body.x += dt * body.vx;
        body.y += dt * body.vy;
        body.z += dt * body.vz;
    }
}

fn energy(bodies: &[Body; 5]) -> f64 {
    let mut sum = 0.0;
    for (index, a) in bodies.iter().enumerate() {
        sum += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
        for b in &bodies[index + 1..] {
            let (dx, dy, dz) = (a.x - b.x, a.y - b.y, a.z - b.z);
            sum -= a.mass * b.mass / (dx * dx + dy * dy + dz * dz).sqrt();
        }
    }
    sum
}

fn main() {
    let steps = size::of_run(1000);
    let mut bodies = START;
    rest(&mut bodies);
    println!("{:.9}", energy(&bodies));
    for _ in 0..steps {
        advance(&mut bodies, 0.01);
    }
    println!("{:.9}", energy(&bodies));
}
