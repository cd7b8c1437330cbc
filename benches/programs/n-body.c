// n-body.kz in C.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT 5
#define DAYS 365.24
#define SUN_MASS (4 * 3.141592653589793 * 3.141592653589793)

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} Body;

static Body bodies[COUNT] = {
    {0, 0, 0, 0, 0, 0, SUN_MASS},
    {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01, 1.66007664274403694e-03 * DAYS,
     7.69901118419740425e-03 * DAYS, -6.90460016972063023e-05 * DAYS, 9.54791938424326609e-04 * SUN_MASS},
    {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01, -2.76742510726411899e-03 * DAYS,
     4.99852801234917238e-03 * DAYS, 2.30417297573763929e-05 * DAYS, 2.85885980666130812e-04 * SUN_MASS},
    {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01, 2.96460137564761618e-03 * DAYS,
     2.37847173959480950e-03 * DAYS, -2.96589568540237556e-05 * DAYS, 4.36624404335156298e-05 * SUN_MASS},
    {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01, 2.68067772490389322e-03 * DAYS,
     1.62824170038242295e-03 * DAYS, -9.51592254519715870e-05 * DAYS, 5.15138902046611451e-05 * SUN_MASS},
};

static void rest(Body *body) {
    for (int i = 1; i < COUNT; i++) {
        body[0].vx -= body[i].vx * body[i].mass / SUN_MASS;
        body[0].vy -= body[i].vy * body[i].mass / SUN_MASS;
        body[0].vz -= body[i].vz * body[i].mass / SUN_MASS;
    }
}

static void advance(Body *body, double dt) {
    for (int i = 0; i < COUNT; i++) {
        Body *a = &body[i];
        for (int j = i + 1; j < COUNT; j++) {
            Body *b = &body[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double pull = dt / (square * sqrt(square));
            a->vx -= dx * b->mass * pull;
            a->vy -= dy * b->mass * pull;
            a->vz -= dz * b->mass * pull;
            b->vx += dx * a->mass * pull;
            b->vy += dy * a->mass * pull;
            b->vz += dz * a->mass * pull;
        }
    }
    for (int i = 0; i < COUNT; i++) {
        body[i].x += dt * body[i].vx;
        body[i].y += dt * body[i].vy;
        body[i].z += dt * body[i].vz;
    }
}

static double energy(const Body *body) {
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
        const Body *a = &body[i];
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int j = i + 1; j < COUNT; j++) {
            const Body *b = &body[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    unsigned steps = argc > 1 ? atoi(argv[1]) : 1000;
    rest(bodies);
    printf("%.9f\n", energy(bodies));
    for (unsigned step = 0; step < steps; step++) advance(bodies, 0.01);
    printf("%.9f\n", energy(bodies));
    return 0;
}
