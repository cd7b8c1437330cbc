int twice(int number);

int calls = 100;

int half(int number) {
    calls++;
    return number / 2;
}

int four_times(int number) {
    calls++;
    return twice(twice(number));
}
