// binary-trees.kz in C, with an arena like that of Koru and Zig: blocks that grow.
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LEAST 4

typedef struct Block {
    struct Block *next;
    size_t size;
} Block;

typedef struct {
    Block *blocks;
    char *free, *end;
} Arena;

static void add_block(Arena *arena, size_t size) {
    Block *block = malloc(size);
    if (!block) abort();
    *block = (Block){arena->blocks, size};
    *arena = (Arena){block, (char *)(block + 1), (char *)block + size};
}

static void *take(Arena *arena, size_t size, size_t align) {
    char *start = (char *)(((uintptr_t)arena->free + align - 1) & ~(uintptr_t)(align - 1));
    if (start + size > arena->end) {
        size_t last = arena->blocks ? arena->blocks->size : 2048, least = size + align + sizeof(Block);
        add_block(arena, last * 2 > least ? last * 2 : least);
        return take(arena, size, align);
    }
    arena->free = start + size;
    return start;
}

static void drop(Arena *arena) {
    for (Block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
}

// Forgets all that is in it and keeps the memory, in one block.
static void reset(Arena *arena) {
    size_t size = sizeof(Block);
    for (Block *block = arena->blocks; block; block = block->next) size += block->size - sizeof(Block);
    if (!arena->blocks->next) {
        arena->free = (char *)(arena->blocks + 1);
        return;
    }
    drop(arena);
    *arena = (Arena){0};
    add_block(arena, size);
}

typedef struct Tree {
    struct Tree *left, *right;
} Tree;

static Tree *grow(Arena *arena, uint32_t depth) {
    Tree *tree = take(arena, sizeof *tree, alignof(Tree));
    *tree = (Tree){NULL, NULL};
    if (depth > 0) {
        tree->left = grow(arena, depth - 1);
        tree->right = grow(arena, depth - 1);
    }
    return tree;
}

static uint32_t nodes(const Tree *tree) {
    uint32_t sum = 1;
    if (tree->left) sum += nodes(tree->left);
    if (tree->right) sum += nodes(tree->right);
    return sum;
}

static uint32_t nodes_of(uint32_t trees, uint32_t depth) {
    Arena arena = {0};
    uint32_t sum = 0;
    for (uint32_t tree = 0; tree < trees; tree++) {
        sum += nodes(grow(&arena, depth));
        reset(&arena);
    }
    drop(&arena);
    return sum;
}

int main(int argc, char **argv) {
    uint32_t deepest = argc > 1 ? atoi(argv[1]) : 10;
    printf("stretch tree of depth %u: %u\n", deepest + 1, nodes_of(1, deepest + 1));
    Arena arena = {0};
    Tree *kept = grow(&arena, deepest);
    for (uint32_t depth = LEAST; depth <= deepest; depth += 2) {
        uint32_t trees = 1u << (deepest - depth + LEAST);
        printf("%u trees of depth %u: %u\n", trees, depth, nodes_of(trees, depth));
    }
    printf("long lived tree of depth %u: %u\n", deepest, nodes(kept));
    drop(&arena);
    return 0;
}
