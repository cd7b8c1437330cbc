/* What we say and what we look for, in one place. A status and the fields behind it are known by their offset in `texts`, so that
 * nothing here is a pointer (no one relocates this program) and a status fits where the parser returns a place. */

/* In the forms that the parser reads: a run of one of its classes of bytes, as 128 + class. */
#define FIELD_RUN "\x81"
#define BLANK_RUN "\x82"
#define VISIBLE_RUN "\x84"
#define TOKEN_RUN "\x88"
#define HEX_RUN "\xa0"

/* Reason phrases but for OK are left out, as RFC 9112 4 allows. */
#define TEXTS(_) \
	_(OK, "200 OK") \
	_(NO_CONTENT, "204 ") \
	_(BAD_REQUEST, "400 ") \
	_(CONTENT_TOO_LARGE, "413 ") \
	_(TARGET_TOO_LONG, "414 ") \
	_(EXPECTATION_FAILED, "417 ") \
	_(HEAD_TOO_LARGE, "431 ") \
	_(NOT_IMPLEMENTED, "501 ") \
	_(VERSION_NOT_SUPPORTED, "505 ") \
	_(VERSION, "HTTP/1.1 ") \
	_(DATE, "\r\nDate: ") \
	_(CLOSE_FIELD, "\r\nConnection: close") \
	_(KEEP_ALIVE_FIELD, "\r\nConnection: keep-alive") \
	_(END_OF_HEAD, "\r\n\r\n") \
	_(HELLO_FIELDS, "\r\nContent-Type: text/plain\r\nContent-Length: 16") \
	_(ALLOW_FIELD, "\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH") \
	_(EMPTY_FIELD, "\r\nContent-Length: 0") \
	_(HELLO, "Hello from Koru!") \
	_(CONTINUE_ANSWER, "HTTP/1.1 100 \r\n\r\n") \
	_(METHOD_AND_TARGET, TOKEN_RUN " " VISIBLE_RUN) \
	_(REST_OF_LINE, " HTTP/0.0\r\n") \
	_(FIELD_LINE, TOKEN_RUN ":" BLANK_RUN FIELD_RUN "\r\n") \
	_(CHUNK_SIZE, HEX_RUN) \
	_(CHUNK_EXTENSION, BLANK_RUN ";" FIELD_RUN) \
	_(LINE_END, "\r\n") \
	_(SCHEME, "http://") \
	_(NAMES, "host\0content-length\0transfer-encoding\0connection\0expect") \
	_(WORD_CLOSE, "close") \
	_(WORD_KEEP_ALIVE, "keep-alive") \
	_(WORD_CHUNKED, "chunked") \
	_(WORD_CONTINUE, "100-continue") \
	_(DATE_FORM, "Sun, 06 Nov 2094 08:49:37 GMT") \
	_(DAYS, "SunMonTueWedThuFriSat") \
	_(MONTHS, "MarAprMayJunJulAugSepOctNovDecJanFeb") \
	_(LISTENING, "Orisha listening on http://0.0.0.0:3001\n" \
		"Running with 4 workers + epoll + TCP_NODELAY + keep-alive\n") \
	_(NO_LISTENER, "Failed to listen\n") \
	_(PORT_IN_USE, "Failed to listen: address in use\n") \
	_(GOT_SIGTERM, "received SIGTERM\n") \
	_(GOT_SIGINT, "received SIGINT\n")

#define DECLARE(name, text) char name[sizeof text];
#define FILL(name, text) text,
#define OFFSET(name, text) name = __builtin_offsetof(struct texts, name),
#define SIZE_OF(name) (sizeof texts.name - 1)

static const struct texts {
	TEXTS(DECLARE)
} texts = {TEXTS(FILL)};

enum { TEXTS(OFFSET) };

static const char *text(u32 name)
{
	return (const char *)&texts + name;
}
