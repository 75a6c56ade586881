/* api/websocket.c: frames on their way out. A frame is made once and shared by all readers that send it; a
 * server's frames are not masked, so that they are the same bytes for everybody. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "api/internal.h"
#include "base/mem.h"

#define PIECES_MAX 64 /* frames in one system call */
#define ACCEPT_ID  "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct api_frame {
    unsigned refs;
    size_t len;
    unsigned char bytes[];
};

static struct api_frame *frame_new(size_t len)
{
    struct api_frame *f = mem_alloc(sizeof *f + len);
    f->refs = 1;
    f->len = len;
    return f;
}

struct api_frame *api_frame_bytes(const void *bytes, size_t len)
{
    struct api_frame *f = frame_new(len);
    memcpy(f->bytes, bytes, len);
    return f;
}

/* Source: RFC 6455, section 5.2. */
struct api_frame *api_frame_text(const char *head, size_t head_len, const char *text, size_t len)
{
    size_t payload = head_len + len;
    size_t header = payload < 126 ? 2 : payload <= 0xffff ? 4 : 10;
    struct api_frame *f = frame_new(header + payload);
    f->bytes[0] = 0x81; /* a whole text message */
    f->bytes[1] = (unsigned char)(header == 2 ? payload : header == 4 ? 126 : 127);
    for (size_t i = 2; i < header; i++)
        f->bytes[i] = (unsigned char)((uint64_t)payload >> (8 * (header - 1 - i)));
    memcpy(f->bytes + header, head, head_len);
    memcpy(f->bytes + header + head_len, text, len);
    return f;
}

struct api_frame *api_frame_hold(struct api_frame *f)
{
    f->refs++;
    return f;
}

void api_frame_release(struct api_frame *f)
{
    if (f != NULL && --f->refs == 0)
        free(f);
}

/* --- the queue --- */

static struct api_frame **slot(const struct api_queue *q, size_t i)
{
    return &q->ring[(q->head + i) & (q->capacity - 1)];
}

void api_queue_add(struct api_queue *q, struct api_frame *f)
{
    if (q->count == q->capacity) {
        size_t capacity = q->capacity == 0 ? 16 : q->capacity * 2;
        struct api_frame **ring = mem_alloc(capacity * sizeof *ring);
        for (size_t i = 0; i < q->count; i++)
            ring[i] = *slot(q, i);
        free(q->ring);
        q->ring = ring;
        q->capacity = capacity;
        q->head = 0;
    }
    *slot(q, q->count) = api_frame_hold(f);
    q->count++;
    q->bytes += f->len;
}

static void pop(struct api_queue *q)
{
    api_frame_release(*slot(q, 0));
    q->head = (q->head + 1) & (q->capacity - 1);
    q->count--;
    q->offset = 0;
}

static void consume(struct api_queue *q, size_t sent)
{
    assert(sent <= q->bytes);
    q->bytes -= sent;
    while (sent > 0) {
        size_t left = (*slot(q, 0))->len - q->offset;
        if (sent < left) {
            q->offset += sent;
            return;
        }
        sent -= left;
        pop(q);
    }
}

bool api_queue_write(struct api_queue *q, int fd)
{
    struct iovec pieces[PIECES_MAX];
    while (q->count > 0) {
        size_t used = 0;
        for (; used < PIECES_MAX && used < q->count; used++) {
            struct api_frame *f = *slot(q, used);
            size_t skip = used == 0 ? q->offset : 0;
            pieces[used] = (struct iovec){.iov_base = f->bytes + skip, .iov_len = f->len - skip};
        }
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = used};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        consume(q, (size_t)sent);
    }
    return true;
}

void api_queue_drop(struct api_queue *q)
{
    while (q->count > (q->offset > 0 ? 1u : 0u)) {
        q->count--;
        q->bytes -= (*slot(q, q->count))->len;
        api_frame_release(*slot(q, q->count));
    }
}

void api_queue_free(struct api_queue *q)
{
    while (q->count > 0)
        pop(q);
    free(q->ring);
    *q = (struct api_queue){0};
}

/* --- the handshake --- */

bool api_websocket_accept(const char *key, char out[29])
{
    unsigned char nonce[16], hash[20];
    size_t len = 0;
    char text[24 + sizeof ACCEPT_ID];
    if (strlen(key) != 24 ||
        sodium_base642bin(nonce, sizeof nonce, key, 24, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) !=
            0 ||
        len != sizeof nonce)
        return false;
    memcpy(text, key, 24);
    memcpy(text + 24, ACCEPT_ID, sizeof ACCEPT_ID);
    api_sha1(text, strlen(text), hash);
    sodium_bin2base64(out, 29, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    return true;
}
