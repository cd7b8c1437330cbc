int answer(void) { return 2; }
int number(void) { return 2; }
int ask(void) { return answer(); }
