// The same arithmetic as chain.kz in one function, without a C library: the most a C compiler can be given.
typedef unsigned int u32;
typedef unsigned long u64;

static u32 run(u32 turns, u32 seed) {
    u32 x = seed;
    for (u32 left = turns; left != 0; left--) {
        x = x ^ (x << 13);
        x = x ^ (x >> 17);
        x = x * 2654435761u;
        x = (x << 7) | (x >> 25);
        x = x + seed;
        x = x - left;
        x = ~x;
        x = x * 2246822519u;
        x = x ^ (x >> 15);
        x = x ^ seed;
    }
    return x;
}

#include "../start.c"
