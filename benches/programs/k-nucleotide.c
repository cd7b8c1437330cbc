// k-nucleotide.kz in C, with a table of its own: open addressing, at most three quarters full.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t piece;
    uint32_t count; // 0: a free slot
} Slot;

typedef struct {
    Slot *slots;
    size_t size, used;
} Counts;

static size_t first_index(const Counts *counts, uint64_t piece) {
    uint64_t half = (piece ^ piece >> 32) * 0x9e3779b97f4a7c15;
    return (half ^ half >> 29) & (counts->size - 1);
}

static Slot *find(const Counts *counts, uint64_t piece) {
    size_t index = first_index(counts, piece);
    while (counts->slots[index].count && counts->slots[index].piece != piece) index = (index + 1) & (counts->size - 1);
    return &counts->slots[index];
}

static void resize(Counts *counts, size_t size) {
    Counts old = *counts;
    counts->size = size;
    counts->slots = calloc(size, sizeof(Slot));
    if (!counts->slots) abort();
    for (size_t index = 0; index < old.size; index++) {
        if (old.slots[index].count) *find(counts, old.slots[index].piece) = old.slots[index];
    }
    free(old.slots);
}

static void add(Counts *counts, uint64_t piece) {
    if ((counts->used + 1) * 4 > counts->size * 3) resize(counts, counts->size * 2);
    Slot *slot = find(counts, piece);
    counts->used += slot->count == 0;
    slot->piece = piece;
    slot->count++;
}

static unsigned number_of(char letter) { return letter >> 1 & 3; }

static Counts count(const uint8_t *sequence, size_t size, unsigned length) {
    Counts counts = {0};
    resize(&counts, 8);
    uint64_t mask = ((uint64_t)1 << 2 * length) - 1, piece = 0;
    for (size_t end = 1; end <= size; end++) {
        piece = (piece << 2 | sequence[end - 1]) & mask;
        if (end >= length) add(&counts, piece);
    }
    return counts;
}

static int by_count(const void *a, const void *b) {
    const Slot *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->piece < y->piece ? -1 : 1;
}

static void shares(const uint8_t *sequence, size_t size, unsigned length) {
    Counts counts = count(sequence, size, length);
    Slot list[16];
    size_t used = 0;
    for (size_t index = 0; index < counts.size; index++) {
        if (counts.slots[index].count) list[used++] = counts.slots[index];
    }
    qsort(list, used, sizeof(Slot), by_count);
    for (size_t at = 0; at < used; at++) {
        for (unsigned place = 1; place <= length; place++) putchar("ACTG"[list[at].piece >> 2 * (length - place) & 3]);
        printf(" %.3f\n", 100.0 * list[at].count / (size + 1 - length));
    }
    free(counts.slots);
}

static void occurrences(const uint8_t *sequence, size_t size, const char *piece) {
    Counts counts = count(sequence, size, strlen(piece));
    uint64_t number = 0;
    for (const char *letter = piece; *letter; letter++) number = number << 2 | number_of(*letter);
    printf("%u %s\n", find(&counts, number)->count, piece);
    free(counts.slots);
}

static char *read_all(size_t *size) {
    size_t room = 1 << 16, used = 0, got;
    char *text = malloc(room);
    while (text && (got = fread(text + used, 1, room - used - 1, stdin)) > 0) {
        used += got;
        if (room - used < 2) text = realloc(text, room *= 2);
    }
    if (!text) abort();
    text[used] = 0;
    *size = used;
    return text;
}

int main(void) {
    size_t length;
    char *text = read_all(&length), *title = strstr(text, ">THREE");
    if (!title || !(title = strchr(title, '\n'))) return 1;
    uint8_t *sequence = malloc(text + length - title);
    if (!sequence) return 1;
    size_t size = 0;
    for (char *byte = title; *byte && *byte != '>'; byte++) {
        if (*byte != '\n') sequence[size++] = number_of(*byte);
    }
    shares(sequence, size, 1);
    shares(sequence, size, 2);
    const char *pieces[] = {"GGT", "GGTA", "GGTATT", "GGTATTTTAATT", "GGTATTTTAATTTATAGT"};
    for (int at = 0; at < 5; at++) occurrences(sequence, size, pieces[at]);
    return 0;
}
