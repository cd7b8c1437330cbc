int second(void) { return 2; }
int shared(void) { return 2; }
