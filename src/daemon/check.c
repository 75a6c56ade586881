#include "config.h"

#include "daemon/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "shipyard/jobconfig.h"
#include "shipyard/shipyard.h"

static enum status read_file(const char *path, struct buffer *out, struct error *err)
{
    char bytes[16384];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(err, STATUS_NOT_FOUND, "cannot open %s: %s", path, strerror(errno));
    size_t got;
    bool fits = true;
    while (fits && (got = fread(bytes, 1, sizeof bytes, file)) > 0)
        fits = buffer_add(out, bytes, got);
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken)
        return error_set(err, STATUS_FAILED, "cannot read %s", path);
    return fits ? STATUS_OK : error_set(err, STATUS_TOO_LARGE, "%s is over %zu bytes", path, out->limit);
}

int check_command(const char *path)
{
    struct buffer text = BUFFER_LIMIT(SHIPYARD_TEXT_MAX);
    struct error err = ERROR_NONE;
    struct shipyard *yard = NULL;
    struct jobconfig *config = NULL;
    enum status status = read_file(path, &text, &err);
    if (status == STATUS_OK) {
        /* A job file has `actions` at the start of a line, a shipyard never has. */
        bool is_job = strncmp(buffer_text(&text), "actions:", 8) == 0 ||
                      strstr(buffer_text(&text), "\nactions:") != NULL;
        status = is_job ? jobconfig_parse(buffer_text(&text), text.len, path, &config, &err)
                        : shipyard_parse(buffer_text(&text), text.len, path, &yard, &err);
        if (status == STATUS_OK)
            printf("%s: a valid %s\n", path, is_job ? "job configuration" : "shipyard");
    }
    if (status != STATUS_OK)
        (void)fprintf(stderr, "%s\n", err.text);
    shipyard_free(yard);
    jobconfig_free(config);
    buffer_free(&text);
    return status == STATUS_OK ? 0 : status == STATUS_NOT_FOUND ? 3 : 1;
}
