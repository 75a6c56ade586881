/* base/clock.h: times. Wall time is nanoseconds since 1970 UTC; what is pure gets it passed in. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 40
#define CLOCK_MS        INT64_C(1000000)
#define CLOCK_S         INT64_C(1000000000)

int64_t clock_now_ns(void);       /* wall clock */
int64_t clock_monotonic_ns(void); /* for durations */
int64_t clock_boot_ns(void);      /* the same, but goes on while the machine sleeps */

/* RFC 3339 with any number of fraction digits and any offset (digits past 9 are dropped). False: not such a
 * time. */
bool clock_parse(const char *text, int64_t *ns);

/* "2023-05-04T10:11:12.123456789Z"; trailing zeros of the fraction are dropped, as Go's RFC3339Nano does. */
void clock_format(int64_t ns, char text[CLOCK_TEXT_SIZE]);
/* "2023-05-04T10:11:12.123Z", always three digits (source: keptn-api.md, section 1). */
void clock_format_ms(int64_t ns, char text[CLOCK_TEXT_SIZE]);

/* Go's duration syntax ("30s", "1h2m", "1.5h", "300ms"). False: not one. */
bool clock_parse_duration(const char *text, int64_t *ns);

/* An age for a person: "<1m", "12m", "3h", "2d"; with seconds: "41s". Negative counts as 0. */
void clock_format_age(int64_t age_ns, bool with_seconds, char text[16]);

#endif
