#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "repo/internal.h"

static bool has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f)
            return true;
    }
    return false;
}

bool element_is_plain(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= 255 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strchr(name, '/') == NULL && !has_control(name) && utf8_is_valid(name, len);
}

enum status path_check(const char *path, struct error *err)
{
    size_t len = strlen(path), depth = 0;
    bool valid = len > 0 && len < REPO_PATH_MAX && strstr(path, "..") == NULL && strchr(path, '~') == NULL &&
                 strchr(path, '\\') == NULL && !has_control(path) && utf8_is_valid(path, len);
    for (const char *at = path; valid;) {
        size_t element = strcspn(at, "/");
        valid = element > 0 && element <= 255 && ++depth <= REPO_DEPTH_MAX &&
                !(element == 1 && at[0] == '.') && !(element == 4 && strncasecmp(at, ".git", 4) == 0);
        if (at[element] == '\0')
            break;
        at += element + 1;
    }
    return valid ? STATUS_OK : error_set(err, STATUS_INVALID, "invalid resource uri");
}

bool project_name_is_valid(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= 200 && name[0] != '.' && name[0] != '-' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len;
}

bool branch_ref(const char *branch, char out[REPO_REF_MAX])
{
    int valid = 0;
    int len = snprintf(out, REPO_REF_MAX, REPO_FILE_PREFIX "%s", branch);
    return len > 0 && len < REPO_REF_MAX && branch[0] != '-' && !has_control(branch) &&
           git_reference_name_is_valid(&valid, out) == 0 && valid == 1;
}

int path_compare(const void *left, const void *right)
{
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    int rank_a = *a == '/' ? 1 : *a == '\0' ? 0 : (unsigned char)*a + 1;
    int rank_b = *b == '/' ? 1 : *b == '\0' ? 0 : (unsigned char)*b + 1;
    return rank_a - rank_b;
}
