// reverse-complement.kz in C.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char partners[256];

static void fill_partners(void) {
    const char *letters = "ACGTUMRWSYKVHDBN", *others = "TGCAAKYWSRMBDHVN";
    for (int byte = 0; byte < 256; byte++) partners[byte] = byte;
    for (int at = 0; letters[at]; at++) partners[(unsigned char)letters[at]] = partners[tolower(letters[at])] = others[at];
}

static void turn(unsigned char *low, unsigned char *high) {
    while (low < high) {
        if (*low == '\n') {
            low++;
        } else if (high[-1] == '\n') {
            high--;
        } else {
            unsigned char first = *low;
            *low++ = partners[*--high];
            *high = partners[first];
        }
    }
}

static unsigned char *read_all(size_t *size) {
    size_t room = 1 << 16, used = 0, got;
    unsigned char *text = malloc(room);
    while (text && (got = fread(text + used, 1, room - used, stdin)) > 0) {
        used += got;
        if (room == used) text = realloc(text, room *= 2);
    }
    if (!text) abort();
    *size = used;
    return text;
}

int main(void) {
    size_t size;
    unsigned char *text = read_all(&size), *end = text + size, *title;
    fill_partners();
    for (unsigned char *at = text; (title = memchr(at, '\n', end - at));) {
        unsigned char *next = memchr(title + 1, '>', end - title - 1);
        if (!next) next = end;
        turn(title + 1, next);
        at = next;
    }
    fwrite(text, 1, size, stdout);
    return 0;
}
