/* Replays the corpus of one fuzz target, a TAP line a file. Usage: replay [DIRECTORY or FILE]... */
#include "config.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "fuzz.h"

#define FILE_MAX (8 * 1024 * 1024)

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The input in memory of just its size, so that the sanitizer sees a byte read too many. */
static bool replay(const char *path)
{
    struct stat info;
    FILE *in = fopen(path, "rb");
    if (in == NULL || fstat(fileno(in), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_MAX) {
        perror(path);
        if (in != NULL)
            (void)fclose(in); /* read only */
        return false;
    }
    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    bool ok = data != NULL && fread(data, 1, size, in) == size;
    (void)fclose(in); /* read only */
    if (ok)
        (void)LLVMFuzzerTestOneInput(data, size); /* what it finds ends the program */
    free(data);
    return ok;
}

static int report(int number, bool ok, const char *name)
{
    printf("%s %d - %s\n", ok ? "ok" : "not ok", number, name);
    (void)fflush(stdout); /* the line of a file that crashes is the one that is missing */
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    int number = 0, failed = 0;
    for (int i = 1; i < argc || i == 1; i++) {
        const char *place = argc > 1 ? argv[i] : FUZZ_CORPUS;
        struct dirent **entries = NULL;
        int count = scandir(place, &entries, is_visible, alphasort);
        if (count < 0) { /* a file */
            number++;
            failed += report(number, replay(place), place);
            continue;
        }
        for (int j = 0; j < count; j++) {
            char *path = mem_printf("%s/%s", place, entries[j]->d_name);
            number++;
            failed += report(number, replay(path), entries[j]->d_name);
            free(path);
            free(entries[j]);
        }
        free(entries);
    }
    printf("1..%d\n", number);
    return number == 0 || failed > 0;
}
