#include "config.h"

#include "base/clock.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        return 0;
    return now.tv_sec * CLOCK_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_boot_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level
 * date algorithms"). */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool read_digits(const char **at, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return true;
}

static bool read_char(const char **at, const char *any_of)
{
    if (**at == '\0' || strchr(any_of, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static int64_t read_fraction(const char **at)
{
    int64_t ns = 0, unit = CLOCK_S / 10;
    for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
        ns += (**at - '0') * unit;
    return ns;
}

static bool read_offset(const char **at, int *minutes)
{
    *minutes = 0;
    if (read_char(at, "Zz"))
        return true;
    int sign = **at == '-' ? -1 : 1;
    int hours = 0, mins = 0;
    if (!read_char(at, "+-") || !read_digits(at, 2, &hours) || !read_char(at, ":") ||
        !read_digits(at, 2, &mins))
        return false;
    *minutes = sign * (hours * 60 + mins);
    return hours < 24 && mins < 60;
}

bool clock_parse(const char *text, int64_t *ns)
{
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day, hour, minute, second, offset;
    int64_t fraction = 0;
    const char *at = text;
    if (text == NULL || !read_digits(&at, 4, &year) || !read_char(&at, "-") || !read_digits(&at, 2, &month) ||
        !read_char(&at, "-") || !read_digits(&at, 2, &day) || !read_char(&at, "Tt ") ||
        !read_digits(&at, 2, &hour) || !read_char(&at, ":") || !read_digits(&at, 2, &minute) ||
        !read_char(&at, ":") || !read_digits(&at, 2, &second))
        return false;
    if (*at == '.') {
        at++;
        if (!isdigit((unsigned char)*at))
            return false;
        fraction = read_fraction(&at);
    }
    if (!read_offset(&at, &offset) || *at != '\0' || month < 1 || month > 12 || day < 1 ||
        day > month_days[month - 1] || hour > 23 || minute > 59 || second > 60)
        return false;
    int64_t seconds =
        days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset * 60;
    /* What nanoseconds in 64 bits cannot hold (before 1678, after 2262) is clamped: it stays "long ago" or
     * "far ahead". */
    const int64_t limit = INT64_MAX / CLOCK_S - 1;
    if (seconds > limit)
        seconds = limit;
    if (seconds < -limit)
        seconds = -limit;
    *ns = seconds * CLOCK_S + fraction;
    return true;
}

static void format_seconds(int64_t ns, char *text, size_t size, int64_t *fraction)
{
    int64_t seconds = ns / CLOCK_S;
    *fraction = ns % CLOCK_S;
    if (*fraction < 0) {
        *fraction += CLOCK_S;
        seconds--;
    }
    struct tm tm;
    time_t when = (time_t)seconds;
    text[0] = '\0';
    if (gmtime_r(&when, &tm) != NULL)
        (void)strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm); /* 19 characters between 1678 and 2262 */
}

void clock_format(int64_t ns, char text[CLOCK_TEXT_SIZE])
{
    char seconds[24];
    int64_t fraction;
    format_seconds(ns, seconds, sizeof seconds, &fraction);
    if (fraction == 0) {
        (void)snprintf(text, CLOCK_TEXT_SIZE, "%sZ", seconds);
        return;
    }
    int len = snprintf(text, CLOCK_TEXT_SIZE, "%s.%09" PRId64, seconds, fraction);
    while (text[len - 1] == '0')
        len--;
    text[len++] = 'Z';
    text[len] = '\0';
}

void clock_format_ms(int64_t ns, char text[CLOCK_TEXT_SIZE])
{
    char seconds[24];
    int64_t fraction;
    format_seconds(ns, seconds, sizeof seconds, &fraction);
    (void)snprintf(text, CLOCK_TEXT_SIZE, "%s.%03" PRId64 "Z", seconds, fraction / CLOCK_MS);
}

static bool read_unit(const char **at, double *unit_ns)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3},
                 {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},        {"h", 3600e9}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(*at, units[i].name, len) == 0) {
            *at += len;
            *unit_ns = units[i].ns;
            return true;
        }
    }
    return false;
}

bool clock_parse_duration(const char *text, int64_t *ns)
{
    const char *at = text;
    double total = 0, sign = 1;
    if (at == NULL)
        return false;
    if (*at == '-' || *at == '+')
        sign = *at++ == '-' ? -1 : 1;
    if (strcmp(at, "0") == 0) {
        *ns = 0;
        return true;
    }
    if (*at == '\0')
        return false;
    while (*at != '\0') {
        double value = 0, scale = 1, unit;
        const char *start = at;
        for (; isdigit((unsigned char)*at); at++)
            value = value * 10 + (*at - '0');
        if (*at == '.') {
            at++;
            for (; isdigit((unsigned char)*at); at++) {
                scale /= 10;
                value += (*at - '0') * scale;
            }
        }
        if (at == start || (at == start + 1 && *start == '.') || !read_unit(&at, &unit))
            return false;
        total += value * unit;
    }
    if (total > 9.2e18)
        return false;
    *ns = (int64_t)(sign * total);
    return true;
}

void clock_format_age(int64_t age_ns, bool with_seconds, char text[16])
{
    int64_t seconds = age_ns < 0 ? 0 : age_ns / CLOCK_S;
    if (seconds < 60) {
        if (with_seconds)
            (void)snprintf(text, 16, "%" PRId64 "s", seconds);
        else
            (void)snprintf(text, 16, "<1m");
    } else if (seconds < 3600) {
        (void)snprintf(text, 16, "%" PRId64 "m", seconds / 60);
    } else if (seconds < 86400) {
        (void)snprintf(text, 16, "%" PRId64 "h", seconds / 3600);
    } else {
        (void)snprintf(text, 16, "%" PRId64 "d", seconds / 86400);
    }
}
