// fannkuch-redux.kz in C.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 16

static uint32_t flips(const uint32_t *list, uint32_t *turned, uint32_t n) {
    if (list[0] == 0) return 0;
    memcpy(turned, list, n * sizeof *list);
    uint32_t count = 0;
    for (; turned[0] != 0; count++) {
        for (size_t low = 0, high = turned[0]; low < high; low++, high--) {
            uint32_t kept = turned[low];
            turned[low] = turned[high];
            turned[high] = kept;
        }
    }
    return count;
}

static void rotate(uint32_t *list, size_t count) {
    uint32_t first = list[0];
    for (size_t index = 1; index < count; index++) list[index - 1] = list[index];
    list[count - 1] = first;
}

int main(int argc, char **argv) {
    uint32_t n = argc > 1 ? atoi(argv[1]) : 7;
    if (n > MOST) return 1;
    uint32_t permutation[MOST], turned[MOST], counts[MOST];
    for (uint32_t index = 0; index < n; index++) permutation[index] = index;
    int32_t checksum = 0;
    uint32_t most_flips = 0, left = n;
    int is_even = 1;
    for (;;) {
        for (; left != 1; left--) counts[left - 1] = left;
        uint32_t count = flips(permutation, turned, n);
        if (count > most_flips) most_flips = count;
        checksum += is_even ? (int32_t)count : -(int32_t)count;
        for (;; left++) {
            if (left == n) {
                printf("%d\nPfannkuchen(%u) = %u\n", checksum, n, most_flips);
                return 0;
            }
            rotate(permutation, left + 1);
            if (--counts[left] > 0) break;
        }
        is_even = !is_even;
    }
}
