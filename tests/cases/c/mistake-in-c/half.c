int half(int number) {
    return numbr / 2;
}
