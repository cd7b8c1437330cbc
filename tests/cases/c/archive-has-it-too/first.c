int second(void);

int first(void) { return second(); }
int shared(void) { return 1; }
int answer(void) { return 3; }
