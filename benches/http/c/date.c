/* The date, and how long the usual answer is. */

enum { DATE_SIZE = 29 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

/* The size of the usual answer: 200, connection stays. */
enum {
	USUAL_SIZE = SIZE_OF(VERSION) + SIZE_OF(OK) + SIZE_OF(DATE) + DATE_SIZE + SIZE_OF(HELLO_FIELDS) +
		SIZE_OF(END_OF_HEAD) + SIZE_OF(HELLO)
};

SEPARATE static void write_number(char *to, u32 number)
{
	to[0] = '0' + number / 10;
	to[1] = '0' + number % 10;
}

SEPARATE static u32 write_part(char *to, u32 time, u32 unit)
{
	write_number(to, time % unit);
	return time / unit;
}

SEPARATE static void write_name(char *to, const char *names, u32 index)
{
	copy(to, names + index * 3, 3);
}

/* Puts a time of this century into a copy of DATE_FORM. Years begin in March here, so that the day that comes and
 * goes is the last of its year, and months of 31, 30, 31, 30, 31 days follow one line: (153 * month + 2) / 5. */
SEPARATE static void write_date(char *to, u32 time)
{
	copy(to, texts.DATE_FORM, sizeof texts.DATE_FORM);
	time = write_part(to + 23, time, 60);
	time = write_part(to + 20, time, 60);
	time = write_part(to + 17, time, 24);
	write_name(to, texts.DAYS, (time + 4) % 7);

	time -= 11017; /* days since 1 March 2000 */
	u32 year = (4 * time + 3) / 1461;
	time -= year * 1461 / 4;
	u32 month = (5 * time + 2) / 153;
	write_number(to + 5, time - (153 * month + 2) / 5 + 1);
	write_name(to + 8, texts.MONTHS, month);
	write_number(to + 14, year + (month >= 10));
}
