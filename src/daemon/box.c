#include "config.h"

#include "daemon/box.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/mem.h"

/* --- the key file --- */

enum status key_make(const char *directory, struct key *key, struct error *err)
{
    char *path = mem_printf("%s/key", directory), *draft = mem_printf("%s.new", path);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum status status = STATUS_OK;
    random_bytes(key->bytes, sizeof key->bytes);
    bool made = fd >= 0 && fchmod(fd, 0600) == 0 &&
                write(fd, key->bytes, sizeof key->bytes) == (ssize_t)sizeof key->bytes && fsync(fd) == 0 &&
                rename(draft, path) == 0;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (!made)
        status = error_set(err, STATUS_FAILED, "cannot write the key file %s: %s", path, strerror(code));
    free(draft);
    free(path);
    return status;
}

static enum status read_key(int fd, const char *path, struct key *key, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size != (off_t)sizeof key->bytes ||
        pread(fd, key->bytes, sizeof key->bytes, 0) != (ssize_t)sizeof key->bytes)
        return error_set(err, STATUS_FAILED,
                         "the key file %s is not one of drawbridged: put back the one that was there", path);
    if ((st.st_mode & 077) != 0)
        return error_set(err, STATUS_FAILED,
                         "the key file %s can be read by others (mode %03o): chmod 600 it", path,
                         (unsigned)(st.st_mode & 0777));
    return STATUS_OK;
}

enum status key_load(const char *directory, struct key *key, struct error *err)
{
    char *path = mem_printf("%s/key", directory);
    enum status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int code = errno;
    if (fd >= 0) {
        status = read_key(fd, path, key, err);
        close(fd);
    } else {
        status = error_set(err, code == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED,
                           "cannot read the key file %s: %s", path, strerror(code));
    }
    free(path);
    return status;
}

void key_derive(const struct key *key, const char *purpose, unsigned char out[32])
{
    static_assert(sizeof key->bytes == crypto_kdf_KEYBYTES, "one key serves both");
    char context[crypto_kdf_CONTEXTBYTES] = "";
    assert(strlen(purpose) == sizeof context);
    memcpy(context, purpose, sizeof context);
    crypto_kdf_derive_from_key(out, 32, 1, context, key->bytes);
}

/* --- boxes: base64 of a nonce and what is encrypted --- */

char *box_close(const struct key *key, const char *plain, size_t len)
{
    size_t size = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + len;
    size_t text_size = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    unsigned char *bytes = mem_alloc(size);
    char *text = mem_alloc(text_size);
    random_bytes(bytes, crypto_secretbox_NONCEBYTES);
    (void)crypto_secretbox_easy(bytes + crypto_secretbox_NONCEBYTES, (const unsigned char *)plain, len, bytes,
                                key->bytes); /* cannot fail */
    sodium_bin2base64(text, text_size, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    free(bytes);
    return text;
}

char *box_open(const struct key *key, const char *box, size_t *len)
{
    const size_t overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    size_t size = strlen(box), got = 0;
    unsigned char *bytes = mem_alloc(size + 1);
    char *plain = NULL;
    if (sodium_base642bin(bytes, size, box, size, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
        got >= overhead) {
        *len = got - overhead;
        plain = mem_alloc(*len + 1);
        if (crypto_secretbox_open_easy((unsigned char *)plain, bytes + crypto_secretbox_NONCEBYTES,
                                       got - crypto_secretbox_NONCEBYTES, bytes, key->bytes) != 0) {
            free(plain);
            plain = NULL;
        }
    }
    free(bytes);
    return plain;
}
