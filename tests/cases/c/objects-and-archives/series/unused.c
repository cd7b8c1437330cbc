void nobody_has_this(void);

void unused(void) { nobody_has_this(); }
