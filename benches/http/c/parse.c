/* Bytes in, facts out: request heads, chunk lines and trailers. No sockets, no memory of its own.
 *
 * A step reads on from `p` and leaves `p` behind what it understood. It keeps nothing of an unfinished step: when
 * more bytes have come, it starts over, so a cut at any byte cannot change the result. The byte at `end` is a NUL,
 * which no rule allows: loops need not look where the input ends.
 *
 * What goes wrong first stays in `code`; the rest of the step then runs on idly. Only loops over lines ask for it.
 * So the grammar below reads without error paths. */

enum { MORE = 1 }; /* a code: the step needs more bytes; the other codes are statuses */

enum { TARGET_MAX = 8192, HEAD_MAX = 16384, TRAILERS_MAX = 4096, BODY_MAX = 1 << 20, SIZE_DIGITS_MAX = 16 };

/* What is known of a request. The first four make its answer differ from the usual one. */
enum {
	CLOSE = 1 << 0,         /* the connection ends after the answer */
	OLD = 1 << 1,           /* HTTP/1.0 */
	HEAD = 1 << 2,          /* the answer has no body */
	STAR = 1 << 3,          /* OPTIONS * */
	UNUSUAL = CLOSE | OLD | HEAD | STAR,
	KEEP_ALIVE = 1 << 4,    /* asked for */
	HOST = 1 << 5,          /* a Host field was there */
	BAD_HOST = 1 << 6,      /* two of them, or not a host */
	LENGTH = 1 << 7,        /* a Content-Length field was there */
	CODING = 1 << 8,        /* a Transfer-Encoding field was there */
	CHUNKED = 1 << 9,       /* chunked was named in it */
	UNKNOWN_CODING = 1 << 10,
	BAD_FRAMING = 1 << 11,  /* a wrong or second length, a coding after chunked */
	CONTINUE = 1 << 12,     /* Expect: 100-continue */
	BAD_EXPECT = 1 << 13,
	BAD_METHOD = 1 << 14,
};

struct parser {
	const u8 *p, *end;
	u32 code;
	u32 flags;
	u64 length; /* of the body, or of the chunk that follows */
	const u8 *marks[3];
};

/* Classes of bytes, a bit each, and the combinations that occur. */
enum {
	FIELD = 1,  /* in a field value (RFC 9110 5.5); all bytes from 128 are of this class only */
	BLANK = 2,
	VISIBLE = 4,
	TOKEN = 8,  /* RFC 9110 5.6.2 */
	NAME = 16,  /* in a host name, but for % (reg-name of RFC 3986 3.2.2) */
	HEX = 32,
	DIGIT = 64,
	_ = 0, W = FIELD | BLANK, V = FIELD | VISIBLE, T = V | TOKEN, N = V | NAME, A = T | NAME, X = A | HEX, D = X | DIGIT,
};

/* Where bytes count, the upper half is not stored. */
#ifdef __OPTIMIZE_SIZE__
enum { CLASSES_SIZE = 128 };
#else
enum { CLASSES_SIZE = 256 };
#endif

static const u8 CLASSES[CLASSES_SIZE] = {
	_, _, _, _, _, _, _, _, _, W, _, _, _, _, _, _,
	_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _,
	W, A, V, T, A, T, A, A, N, N, A, A, N, A, A, V,
	D, D, D, D, D, D, D, D, D, D, V, N, V, N, V, V,
	V, X, X, X, X, X, X, A, A, A, A, A, A, A, A, A,
	A, A, A, A, A, A, A, A, A, A, A, V, V, V, T, A,
	T, X, X, X, X, X, X, A, A, A, A, A, A, A, A, A,
	A, A, A, A, A, A, A, A, A, A, A, V, T, V, A, _,
#ifndef __OPTIMIZE_SIZE__
	[128 ... 255] = FIELD,
#endif
};

SEPARATE static u32 class(u8 byte)
{
	return CLASSES_SIZE == 128 && byte >= 128 ? FIELD : CLASSES[byte];
}

JOINED static const u8 *skip(u32 classes, const u8 *p)
{
	while (class(*p) & classes) p++;
	return p;
}

SEPARATE static void fail(struct parser *s, u32 code)
{
	if (!s->code) s->code = code;
}

/* Reads a form of text.h: bytes that stand for themselves, 0 for any digit, and runs of a class, whose begins it marks.
 * Runs of the first two classes may be empty. */
enum { RUN = 128, NEVER_EMPTY = RUN | VISIBLE };

SEPARATE static void read(struct parser *s, const char *form)
{
	const u8 *p = s->p, **mark = s->marks;
	for (u8 item; item = *form++;) {
		const u8 *start = p;
		if (item >= RUN) {
			*mark++ = start;
			p = skip(item - RUN, start);
			if (p != start || item < NEVER_EMPTY) continue;
		} else if (item == '0' ? class(*p) & DIGIT : item == *p) {
			p++;
			continue;
		}
		fail(s, p == s->end ? MORE : BAD_REQUEST);
		break;
	}
	s->p = p;
}

static const u8 *skip_blanks(const u8 *p)
{
	return skip(BLANK, p);
}

/* Whether nothing but white space follows in a line known to end in CR. */
JOINED static int is_last(const u8 *p)
{
	return *skip_blanks(p) == '\r';
}

/* The place after a word in lower case, ignoring case, or null. (The characters that `| 32` mixes up with those of
 * our words are control characters, which are refused elsewhere.) */
SEPARATE static const u8 *match(const u8 *p, const char *word)
{
	for (; *word; word++)
		if ((*p++ | 32) != *word) return 0;
	return p;
}

/* The end of host [ ":" port ]; where it is none, a place within that no rule lets a host end at. */
SEPARATE static const u8 *authority_end(const u8 *p)
{
	const u8 *start = p;
	if (*p == '[') {
		do p++;
		while (class(*p) & HEX || *p == ':' || *p == '.');
		if (*p++ != ']') return start;
	} else {
		while (p = skip(NAME, p), *p == '%') {
			if (!(class(p[1]) & class(p[2]) & HEX)) return p;
			p += 3;
		}
	}
	return *p == ':' ? skip(DIGIT, p + 1) : p;
}

/* Eight bytes as one number, first byte lowest. */
static u64 eight(const u8 *p)
{
	struct __attribute__((packed)) loose { u64 value; };
	return ((const struct loose *)p)->value;
}

#define EIGHT(a, b, c, d, e, f, g, h) \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)

/* Finds a method among those of the Allow field. */
static u32 method_flags(const u8 *method)
{
	if ((u32)eight(method) == (u32)EIGHT('G', 'E', 'T', ' ', 0, 0, 0, 0)) return 0;
	for (const char *known = texts.ALLOW_FIELD; *known; known++) {
		if (*known != ' ') continue;
		u32 at = 0;
		while (method[at] == (u8)known[at + 1]) at++;
		if (method[at] == ' ' && (known[at + 1] & ~',') == 0) return known[1] == 'H' ? HEAD : 0;
	}
	return BAD_METHOD;
}

/* Which of its four forms a target has must fit the method. */
static int is_target(struct parser *s, const u8 *method, const u8 *target, const u8 *end)
{
	if (eight(method) == EIGHT('C', 'O', 'N', 'N', 'E', 'C', 'T', ' ')) return authority_end(target) == end;
	if (*target == '/') return 1;
	if (*target == '*') {
		s->flags |= STAR;
		return end - target == 1 && eight(method) == EIGHT('O', 'P', 'T', 'I', 'O', 'N', 'S', ' ');
	}
	const u8 *authority = match(target, texts.SCHEME);
	if (!authority) return 0;
	const u8 *after = authority_end(authority);
	return after != authority && (after == end || *after == '/' || *after == '?');
}

static void request_line(struct parser *s)
{
	read(s, texts.METHOD_AND_TARGET);
	const u8 *method = s->marks[0], *target = s->marks[1], *end = s->p;
	int is_long = end - target > TARGET_MAX;
	if (s->code) return;
	if (is_long && end == s->end) fail(s, TARGET_TOO_LONG);
	/* What nearly all send is compared at once. */
	if (*end == ' ' && eight(end + 1) == EIGHT('H', 'T', 'T', 'P', '/', '1', '.', '1')) {
		s->p += 9;
		read(s, texts.LINE_END);
	} else {
		read(s, texts.REST_OF_LINE);
	}
	if (s->p[-5] != '1') fail(s, VERSION_NOT_SUPPORTED);
	s->flags = method_flags(method);
	if (s->p[-3] == '0') s->flags |= OLD;
	if (is_long) fail(s, TARGET_TOO_LONG);
	if (!is_target(s, method, target, end)) fail(s, BAD_REQUEST);
}

/* Content-Length: digits, once. Numbers far above any limit of ours count as an overflow. */
static u32 read_length(struct parser *s, const u8 *p)
{
	u32 flags = LENGTH;
	u64 length = 0;
	if (s->flags & LENGTH || !(class(*p) & DIGIT)) flags |= BAD_FRAMING;
	for (; class(*p) & DIGIT; p++) {
		if (length >> 40) flags |= BAD_FRAMING;
		length = length * 10 + *p - '0';
	}
	s->length = length;
	return is_last(p) ? flags : flags | BAD_FRAMING;
}

/* The lists of Connection and Transfer-Encoding, words between commas and blanks: what a word means and what others. */
SEPARATE static u32 read_list(u32 flags, const u8 *p, const char *word, u32 meaning, u32 others)
{
	while (*p != '\r') {
		const u8 *start = p;
		p = skip(TOKEN, p);
		if (p == start) {
			p++;
			if (*start == ',' || class(*start) & BLANK) continue;
		}
		/* chunked is the last coding, and applied only once. */
		if (flags & meaning & CHUNKED) flags |= BAD_FRAMING;
		flags |= match(start, word) == p ? meaning : others;
	}
	return flags;
}

/* What a field means for us. Its line is known to end in CR. */
SEPARATE static u32 read_field(struct parser *s, const u8 *name, const u8 *value)
{
	u32 flags = s->flags, kind = 0;
	for (const char *word = texts.NAMES; kind < 5; kind++) {
		const u8 *after = match(name, word);
		if (after && *after == ':') break;
		while (*word++) {}
	}
	switch (kind) {
	case 0:
		if (flags & HOST || !is_last(authority_end(value))) flags |= BAD_HOST;
		return flags | HOST;
	case 1:
		return flags | read_length(s, value);
	case 2:
		return read_list(flags | CODING, value, texts.WORD_CHUNKED, CHUNKED, UNKNOWN_CODING);
	case 3:
		flags = read_list(flags, value, texts.WORD_CLOSE, CLOSE, 0);
		return read_list(flags, value, texts.WORD_KEEP_ALIVE, KEEP_ALIVE, 0);
	case 4:
		value = match(value, texts.WORD_CONTINUE);
		flags |= value && is_last(value) ? CONTINUE : BAD_EXPECT;
	}
	return flags;
}

/* Field lines and the empty line after them: the rest of a head, or a trailer section. */
SEPARATE static void fields(struct parser *s)
{
	while (*s->p != '\r' && !s->code) {
		read(s, texts.FIELD_LINE);
		if (!s->code) s->flags = read_field(s, s->marks[0], s->marks[2]);
	}
	read(s, texts.LINE_END);
}

/* The first rule a whole head breaks, in the order of http.md; so the last one is looked at first. */
SEPARATE static u32 broken_rule(u32 flags, u64 length)
{
	u32 status = 0;
	if (flags & BAD_METHOD) status = NOT_IMPLEMENTED;
	if (flags & BAD_EXPECT) status = EXPECTATION_FAILED;
	if (length > BODY_MAX) status = CONTENT_TOO_LARGE;
	if (flags & CODING) {
		if (flags & UNKNOWN_CODING) status = NOT_IMPLEMENTED;
		if (flags & (OLD | LENGTH) || !(flags & CHUNKED)) status = BAD_REQUEST;
	}
	if (flags & (BAD_FRAMING | BAD_HOST) || !(flags & (HOST | OLD))) status = BAD_REQUEST;
	return status;
}

/* A whole request head. */
static void head(struct parser *s)
{
	while (*s->p == '\r' && !s->code) read(s, texts.LINE_END);
	request_line(s);
	fields(s);
	u32 flags = s->flags;
	if (flags & OLD) {
		flags &= ~(CONTINUE | BAD_EXPECT);
		if (!(flags & KEEP_ALIVE)) flags |= CLOSE;
		s->flags = flags;
	}
	u32 status = broken_rule(flags, s->length);
	if (status) fail(s, status);
}

/* The line before a chunk's data. What it brings, extensions included, is taken off the room left. */
static void chunk_line(struct parser *s, u32 *room)
{
	read(s, texts.CHUNK_SIZE);
	const u8 *extension = s->p;
	u64 size = 0;
	for (const u8 *p = s->marks[0]; p < extension; p++) {
		size = size * 16 + (*p & 15) + (*p >> 6) * 9;
		if (size > BODY_MAX) fail(s, CONTENT_TOO_LARGE);
	}
	if (extension - s->marks[0] > SIZE_DIGITS_MAX) fail(s, BAD_REQUEST);
	if (*extension != '\r') read(s, texts.CHUNK_EXTENSION);
	s->length = size;
	size += s->p - extension;
	read(s, texts.LINE_END);
	if (size > *room) fail(s, CONTENT_TOO_LARGE);
	if (!s->code) *room -= size;
}
