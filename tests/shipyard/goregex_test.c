#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "shipyard/goregex.h"

#define TEST_TRIGGERED "sh.keptn.event.test.triggered"

/* The expected answers are those of Go's regexp package. */
static const struct {
    const char *pattern, *subject;
    bool fits;
} matches[] = {
    {"sh.keptn.event.*.triggered", TEST_TRIGGERED, true},
    {"test", TEST_TRIGGERED, true},
    {"^test$", TEST_TRIGGERED, false},
    {"^sh\\.keptn\\.event\\.test\\.triggered$", TEST_TRIGGERED, true},
    {"sh.keptn.event.test.finished", TEST_TRIGGERED, false},
    {"(?i)TEST", TEST_TRIGGERED, true},
    {"(?-i)TEST", TEST_TRIGGERED, false},
    {"(deployment|test)\\.triggered", TEST_TRIGGERED, true},
    {"(?P<task>te)st", TEST_TRIGGERED, true},
    {"(?P<a>t)(?P<a>e)", TEST_TRIGGERED, true},
    {"(?:t|e){2}", TEST_TRIGGERED, true},
    {"t{3}", TEST_TRIGGERED, false},
    {"", TEST_TRIGGERED, true},
    {"()", "", true},
    {"a||b", "", true},
    {"(|a)*b", "aab", true},
    {"a{,2}", "a{,2}", true},
    {"a{,2}", "aa", false},
    {"a{01}", "a{01}", true},
    {"^*a", "a", true},
    {"\\b+a", "a", true},
    {"x*?y", "xxy", true},
    {"(?U)a+?b", "aab", true},
    {"[]a]", "]", true},
    {"[^]a]", "]", false},
    {"[[:alpha:]]+", "a", true},
    {"[[:^alpha:]]", "a", false},
    {"[[:a]", ":", true},
    {"[[.x.]]", ".]", true},
    {"[\\d-z]", "-", true},
    {"[a-c-e]", "-", true},
    {"[--/]", ".", true},
    {"[a-]", "-", true},
    {"\\Qa.b\\E", "a.b", true},
    {"\\Qa.b", "axb", false},
    {"\\x41\\x{42}\\103", "ABC", true},
    {"\\pL\\p{Lu}\\P{Lu}\\p{^Lu}", "aBcd", true},
    {"\\p{Greek}", "\xce\xb1", true},
    {"\xc3\xa9+", "\xc3\xa9\xc3\xa9", true},
    {".", "\xc3\xa9", true},
    {"^.$", "\xc3\xa9", true},
    {"\\v", "\v", true},
    {"\\v", "\n", false},
    {"\\s", "\v", false},
    {"[\\s]", "\v", false},
    {"[\\s]", " ", true},
    {"[^\\S]", "\v", false},
    {"\\S", "\v", true},
    {"[\\S]", "\v", true},
    {"a$", "a\n", false},
    {".", "\n", false},
    {".", "\r", true},
    {"(?s).", "\n", true},
    {"(?m)^b$", "a\nb\n", true},
    {"(?m)b$", "a\nb\nc", true},
    {"(?m:a$)", "a\nb", true},
    {"(?m:x)?a$", "a\nb", false},
    {"(?m)(?-m:a$)", "a\nb", false},
    {"(a(?i)b|c)", "C", true},
    {"(?i)k", "\xe2\x84\xaa", true},
    {"\\w", "\xc3\xa9", false},
    {"\\_\\-\\.", "_-.", true},
};

static void an_expression_fits_as_in_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++)
        if (goregex_fits(matches[i].pattern, matches[i].subject) != matches[i].fits)
            fail_msg("%s on %s: expected %s (%s)", matches[i].pattern, matches[i].subject,
                     matches[i].fits ? "a match" : "none", goregex_fault(matches[i].pattern));
}

/* With a subject that each would fit if it were read as PCRE2 reads it, or literally. */
static const char *const refused[] = {
    "(?=a)a",
    "(?!b)a",
    "(?<=b)a",
    "(?<!b)a",
    "(a)\\1",
    "\\1",
    "\\8",
    "(?P<n>a)(?P=n)",
    "(?P>n)",
    "(?>a)",
    "(?R)?a",
    "(?1)",
    "(?|a)",
    "(?(1)a|b)",
    "(?#c)a",
    "(?C)a",
    "(*ACCEPT)",
    "(*UTF)a",
    "(?x)a",
    "(?^)a",
    "(?J)a",
    "a*+",
    "a++",
    "a?+",
    "a**",
    "a{2}{3}",
    "x*??",
    "\\Ka",
    "\\Ga",
    "\\Z",
    "\\h",
    "\\R",
    "\\X",
    "\\C",
    "\\N",
    "\\e",
    "\\ca",
    "\\g{1}",
    "\\k<n>",
    "\\o{141}",
    "\\u0061",
    "\\\xc3\xa9",
    "a\\",
    "[[:foo:]]",
    "[[:<:]]a",
    "[a-\\d]",
    "[z-a]",
    "[a",
    "[]",
    "[^]",
    "a)",
    "(a",
    "(?i",
    "(?i-)a",
    "*",
    "a|*",
    "(*)",
    "(?:+)",
    "a{1001}",
    "a{2,1}",
    "(a{100}){100}",
    "\\x{110000}",
    "\\xg1",
    "\\p{No_Such}",
    "\\p{L",
    "\\p\xc3\xa9",
    "\\p{Xan}",
    "\\p{Alphabetic}",
    "\\Q\\E*",
    "(?P<>a)",
    "(?P<n!>a)",
    "a\xff",
};

static void what_go_has_not_never_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (goregex_fits(refused[i], "a aa 8 \\1"))
            fail_msg("%s fits", refused[i]);
        if (!goregex_fault(refused[i]))
            fail_msg("%s: no reason given", refused[i]);
    }
}

static void no_expression_takes_long(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "(a+)+$",
        "(?:a|a)*[bc]",
        "(a*)*[bc]",
        "(.*)*(.*)*(.*)*[bc]$",
        "(a?){1000}a{1000}[bc]",
        "((a{0,30}){0,30}){0,1}[bc]",
        "(((((((((a*)*)*)*)*)*)*)*)*)*[bc]",
        "(x+x+)+y|(a+a+)+[bc]",
    };
    char subject[401];
    memset(subject, 'a', 400);
    subject[399] = '!';
    subject[400] = '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        int64_t start = clock_monotonic_ns();
        if (goregex_fits(patterns[i], subject))
            fail_msg("%s fits", patterns[i]);
        int64_t took_ms = (clock_monotonic_ns() - start) / CLOCK_MS;
        if (took_ms > 2000) /* some 50 ms; a search without a limit takes for ever */
            fail_msg("%s took %lld ms", patterns[i], (long long)took_ms);
    }
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    size_t len = 5000;
    char *text = calloc(1, len + 1);
    assert_non_null(text);
    memset(text, 'a', 4096);
    assert_true(goregex_fits(text, text));
    text[4096] = 'a';
    assert_false(goregex_fits(text, "a"));
    assert_non_null(goregex_fault(text));
    assert_false(goregex_fits("a", text));
    memset(text, '(', 4000);
    text[4000] = '\0';
    assert_non_null(goregex_fault(text));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_fits_as_in_go),
        cmocka_unit_test(what_go_has_not_never_fits),
        cmocka_unit_test(no_expression_takes_long),
        cmocka_unit_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
