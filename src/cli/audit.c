/* audit.c: decisions and changes as the server recorded them, oldest first, as a log is read. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/picture.h"

const struct cli_option cli_audit_options[] = {
    {"since", 0, "AGE", "only what happened within it: 30m, 12h, 72h (default: 24h)"},
    {"project", 'p', "NAME", "of this project only"},
    {"output", 'o', "FORMAT", "table, json or ndjson"},
    {NULL, 0, NULL, NULL},
};

#define SINCE_DEFAULT "24h"

static void print_table(const cJSON *entries)
{
    static const char *const titles[] = {"TIME", "WHO", "WHAT", "PROJECT", "FROM", "WHY", NULL};
    struct cli_table t;
    const cJSON *entry = NULL;
    cli_table_begin(&t, titles);
    cJSON_ArrayForEach(entry, entries)
    {
        static const char *const keys[] = {"who", "what", "project", "from", "why"};
        const char *time = json_text(entry, "time");
        int64_t ns = 0;
        cli_table_add_time(&t, time != NULL && clock_parse(time, &ns) ? ns : 0);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            const char *value = json_text(entry, keys[i]);
            cli_table_add(&t, value != NULL && value[0] != '\0' ? value : NULL);
        }
    }
    cli_table_end(&t);
}

enum status cli_audit(struct cli_context *ctx, const struct cli_args *args, struct error *err)
{
    const char *since = cli_value(args, "since"), *project = cli_value(args, "project");
    enum cli_format format;
    int64_t age_ns = 0;
    char from[CLOCK_TEXT_SIZE];
    cJSON *entries = NULL;
    enum status status = cli_format(args, &format, err);
    since = since != NULL ? since : SINCE_DEFAULT;
    if (status == STATUS_OK && (!clock_parse_duration(since, &age_ns) || age_ns <= 0))
        status = error_set(err, STATUS_USAGE, "--since %s: must be an age such as 30m or 12h", since);
    if (status != STATUS_OK)
        return status;
    clock_format_ms(clock_now_ns() - age_ns, from);
    status = cli_ask_pages(ctx, "entries", &entries, err, "/v1/audit?since={}&project={}", from,
                           project != NULL ? project : "");
    if (status == STATUS_NOT_FOUND)
        error_prefix(err, "the server keeps no audit trail that it tells: it is no drawbridged of this "
                          "version, but perhaps a Keptn");
    if (status == STATUS_OK && format == CLI_TABLE)
        print_table(entries);
    else if (status == STATUS_OK)
        cli_print_items(entries, format);
    cJSON_Delete(entries);
    return status;
}
