// mandelbrot.kz in C, with the vectors clang has.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A product is rounded before it is added, as in the other languages: all must draw the same.
#pragma STDC FP_CONTRACT OFF

#define TURNS 50

typedef double Eight __attribute__((ext_vector_type(8)));
typedef _Bool Bits __attribute__((ext_vector_type(8)));

static uint8_t inside(Eight real, Eight imaginary) {
    Eight r = 0, i = 0, rr = 0, ii = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        i = (r + r) * i + imaginary;
        r = rr - ii + real;
        rr = r * r;
        ii = i * i;
        if (__builtin_reduce_and(rr + ii > 4.0)) return 0;
    }
    Bits near = __builtin_convertvector(rr + ii <= 4.0, Bits);
    uint8_t byte;
    memcpy(&byte, &near, 1);
    return byte;
}

int main(int argc, char **argv) {
    uint32_t size = argc > 1 ? atoi(argv[1]) : 64;
    double step = 2.0 / size;
    printf("P4\n%u %u\n", size, size);
    for (uint32_t y = 0; y < size; y++) {
        Eight imaginary = y * step - 1.0;
        for (uint32_t x = 0; x < size; x += 8) {
            Eight across = (Eight){7, 6, 5, 4, 3, 2, 1, 0} + (double)x;
            putchar_unlocked(inside(across * step - 1.5, imaginary));
        }
    }
    return 0;
}
