/* The filter's grammar, held against one row. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "view/filter.h"

static const struct model_label labels[] = {{"version", "v0.1.1"}, {"team", "Blue Ölmühle"}};

/* Waits for an approval since 12 minutes. */
static const struct filter_row row = {
    .texts = {[FILTER_PROJECT] = {"fulltour"},
              [FILTER_STAGE] = {"production"},
              [FILTER_SERVICE] = {"helloservice"},
              [FILTER_STATE] = {"waiting"},
              [FILTER_SEQUENCE] = {"delivery"},
              [FILTER_TASK] = {"approval"},
              [FILTER_CONTEXT] = {"prod-eu", "EU: do not touch"},
              [FILTER_RUN] = {"5d1a2b3c-0000-4000-8000-000000000000"},
              [FILTER_VERSION] = {"v0.1.1"},
              [FILTER_BY] = {"cli", "maria"},
              [FILTER_RESULT] = {"pass"}},
    .other = "looks good to me",
    .labels = labels,
    .label_count = 2,
    .since_ns = 1000 * CLOCK_S,
    .now_ns = (1000 + 12 * 60) * CLOCK_S,
};

static const struct {
    const char *text;
    bool fits;
} fitting[] = {
    {"", true},
    {"   ", true},
    {"hello", true},
    {"HELLO", true},
    {"goodbye", false},
    {"hello prod", true},
    {"hello goodbye", false},
    {"good", true}, /* in the comment */
    {"h*service", true},
    {"h*x", false},
    {"\"looks good\"", true},
    {"\"looks  good\"", false},
    {"ölmühle", true},
    {"ÖLMÜHLE", true},
    {"!goodbye", true},
    {"!hello", false},
    {"!!hello", true},
    {"stage:production", true},
    {"STAGE:Production", true},
    {"stage:prod", false}, /* the whole of it */
    {"stage:prod*", true},
    {"stage:*duct*", true},
    {"stage:p*t*n", true},
    {"stage:p*t*x", false},
    {"!stage:qa", true},
    {"!stage:production", false},
    {"stage:production service:helloservice !state:running", true},
    {"state:waiting", true},
    {"state:w*", true},
    {"sequence:delivery", true},
    {"task:approval", true},
    {"context:prod-eu", true},
    {"context:\"eu: do not touch\"", true},
    {"context:eu*", true},
    {"run:5d1a", true},
    {"run:d1a2", false},
    {"version:v0.1.1", true},
    {"version:v0.1.10", false},
    {"version:v0.1.*", true},
    {"by:maria", true},
    {"by:tom", false},
    {"result:pass", true},
    {"type:approval.triggered", false}, /* no row of the tree has a type */
    {"!type:approval.triggered", true},
    {"label:team", true},
    {"label:nobody", false},
    {"label:version=v0.1.1", true},
    {"label:version=v0.1", false},
    {"label:version=v0*", true},
    {"label:v*", true},
    {"label:team=\"blue ölmühle\"", true},
    {"service:\"\"", false},
    {"age>10m", true},
    {"age>13m", false},
    {"age>12m", true},
    {"age<1h", true},
    {"age<=1h", true},
    {"age>1d", false},
    {"!age>1d", true},
    {"age:>10m", true},
    {"age", false}, /* a word */
    {"\"stage:production\"", false},
    {"\"!hello\"", false},
    {"\"h*service\"", false},
    {"v0.1.1", true},
    {"ghcr.io/x", false},
};

static void rows_fit_or_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fitting / sizeof *fitting; i++) {
        struct filter *f = NULL;
        struct error err = ERROR_NONE;
        int64_t changes_ns = INT64_MAX;
        if (filter_parse(fitting[i].text, &f, &err) != STATUS_OK)
            fail_msg("'%s': %s", fitting[i].text, err.text);
        if (filter_fits(f, &row, &changes_ns) != fitting[i].fits)
            fail_msg("'%s' should%s fit", fitting[i].text, fitting[i].fits ? "" : " not");
        filter_free(f);
    }
}

static const struct {
    const char *text, *part;
} wrong[] = {
    {"stge:production", "there is no field 'stge' (stage?). There are: project"},
    {"foo:bar", "project stage service"},
    {"http://x", "In quotes it is a word"},
    {"stage:", "stage: needs something behind it"},
    {"!", "! needs something behind it"},
    {"\"\"", "nothing in the quotes"},
    {"hello \"wor", "the quote is not closed"},
    {"stage:\"a b", "the quote is not closed"},
    {"label:\"a b", "the quote is not closed"},
    {"label:", "label: needs a name"},
    {"label:=x", "label: needs a name"},
    {"state:waitng", "no state is called so: waiting running"},
    {"age>", "age>10m"},
    {"age>10", "age>10m"},
    {"age>10x", "age>10m"},
    {"age>-1m", "age>10m"},
    {"age>99999999999999999999m", "age>10m"},
    {"age:10m", "an age is compared"},
    {"a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", "more than 32 terms"},
};

static void an_error_says_what_there_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct filter *f = NULL;
        struct error err = ERROR_NONE;
        if (filter_parse(wrong[i].text, &f, &err) != STATUS_INVALID)
            fail_msg("'%s' is taken", wrong[i].text);
        if (!strstr(err.text, wrong[i].part))
            fail_msg("'%s': '%s' does not say '%s'", wrong[i].text, err.text, wrong[i].part);
        filter_free(f);
    }
}

static void terms_before_a_wrong_one_count(void **state)
{
    struct filter *f = NULL;
    int64_t changes_ns = INT64_MAX;
    (void)state;
    assert_int_equal(filter_parse("goodbye stage:", &f, NULL), STATUS_INVALID);
    assert_false(filter_fits(f, &row, &changes_ns));
    filter_free(f);
}

static void it_tells_when_an_age_will_change_it(void **state)
{
    struct filter *f = NULL;
    int64_t changes_ns = INT64_MAX;
    (void)state;
    assert_int_equal(filter_parse("age>20m", &f, NULL), STATUS_OK);
    assert_false(filter_fits(f, &row, &changes_ns));
    assert_true(changes_ns == (1000 + 20 * 60) * CLOCK_S);
    struct filter_row later = row;
    later.now_ns = changes_ns;
    changes_ns = INT64_MAX;
    assert_true(filter_fits(f, &later, &changes_ns));
    assert_true(changes_ns == INT64_MAX);
    filter_free(f);
}

static void a_row_without_a_time_has_no_age(void **state)
{
    struct filter *f = NULL;
    int64_t changes_ns = INT64_MAX;
    const struct filter_row bare = {0};
    (void)state;
    assert_int_equal(filter_parse("age<1d", &f, NULL), STATUS_OK);
    assert_false(filter_fits(f, &bare, &changes_ns));
    filter_free(f);
}

/* As many stars as a line holds, against a text that almost fits. */
static void many_stars_end_soon(void **state)
{
    char text[1001], value[1001];
    struct filter *f = NULL;
    int64_t changes_ns = INT64_MAX;
    (void)state;
    memcpy(text, "service:", 8);
    for (size_t i = 8; i < sizeof text - 1; i++)
        text[i] = i % 2 ? 'a' : '*';
    text[sizeof text - 1] = '\0';
    memset(value, 'a', sizeof value - 1);
    value[sizeof value - 1] = 'b';
    char *raw = mem_string_n(value, sizeof value);
    const struct filter_row long_row = {.texts = {[FILTER_SERVICE] = {raw}}};
    assert_int_equal(filter_parse(text, &f, NULL), STATUS_OK);
    const int64_t start_ns = clock_monotonic_ns();
    for (int i = 0; i < 100; i++)
        (void)filter_fits(f, &long_row, &changes_ns);
    assert_true(clock_monotonic_ns() - start_ns < 5 * CLOCK_S);
    filter_free(f);
    free(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_fit_or_not),
        cmocka_unit_test(an_error_says_what_there_is),
        cmocka_unit_test(terms_before_a_wrong_one_count),
        cmocka_unit_test(it_tells_when_an_age_will_change_it),
        cmocka_unit_test(a_row_without_a_time_has_no_age),
        cmocka_unit_test(many_stars_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
