#include <stdio.h>

void say(void) {
    puts("hello");
}
