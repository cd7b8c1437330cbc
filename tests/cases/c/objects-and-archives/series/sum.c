static int calls;

long sum(const int *numbers, int count) {
    long total = 0;
    for (int index = 0; index < count; index++) total += numbers[index];
    calls++;
    return total;
}

int times_called(void) { return calls; }
