int limit(void);

int half(int number) {
    int result = number / 2;
    return result < limit() ? result : limit();
}
