// spectral-norm.kz in C.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double entry(size_t row, size_t column) {
    return 1.0 / (double)((row + column) * (row + column + 1) / 2 + row + 1);
}

static void times_both(double *restrict result, double *restrict between, const double *restrict vector, size_t size) {
    for (size_t row = 0; row < size; row++) {
        double sum = 0;
        for (size_t column = 0; column < size; column++) sum += entry(row, column) * vector[column];
        between[row] = sum;
    }
    for (size_t row = 0; row < size; row++) {
        double sum = 0;
        for (size_t column = 0; column < size; column++) sum += entry(column, row) * between[column];
        result[row] = sum;
    }
}

int main(int argc, char **argv) {
    size_t size = argc > 1 ? atoi(argv[1]) : 50;
    double *memory = malloc(3 * size * sizeof *memory);
    if (!memory) return 1;
    double *u = memory, *v = memory + size, *between = memory + 2 * size;
    for (size_t index = 0; index < size; index++) u[index] = 1;
    for (int turn = 0; turn < 10; turn++) {
        times_both(v, between, u, size);
        times_both(u, between, v, size);
    }
    double uv = 0, vv = 0;
    for (size_t index = 0; index < size; index++) {
        uv += u[index] * v[index];
        vv += v[index] * v[index];
    }
    printf("%.9f\n", sqrt(uv / vv));
    free(memory);
    return 0;
}
