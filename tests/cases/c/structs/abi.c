typedef struct { int a, b; } Pair;
typedef struct { double x, y; } Point;
typedef struct { float x, y, z; } Small;
typedef struct { double x; long n; } Mixed;
typedef struct { long a, b, c; } Big;
typedef struct { unsigned char data[5]; } Bytes;
Pair pair(Pair p) { return (Pair){p.b * 10, p.a * 10}; }
Point point(Point p) { return (Point){p.y * 10, p.x * 10}; }
Small small(Small p) { return (Small){p.z * 10, p.y * 10, p.x * 10}; }
Mixed mixed(Mixed p) { return (Mixed){p.n * 10, p.x * 10}; }
Big big(Big p) { return (Big){p.c * 10, p.b * 10, p.a * 10}; }
Bytes bytes(Bytes p) { Bytes q = p; q.data[0] = p.data[4]; q.data[4] = p.data[0]; return q; }
signed char narrow(signed char a, unsigned char b, short c, _Bool d) { return a == -1 && b == 255 && c == -2 && d ? -100 : 1; }
double apply(double (*f)(Point, signed char), Point p) { return f(p, -5); }
Big make_big(int n, Pair p);
Big ours(int n) { return make_big(n, (Pair){n + 1, n + 2}); }
long crowded(int a, int b, int c, int d, int e, int f, int g, Big big) {
    return a + b + c + d + e + f + g + big.a * 100 + big.b * 10000 + big.c * 1000000;
}
typedef union { unsigned long word; unsigned half[2]; } Either;
int either(Either e) { return e.half[1]; }
