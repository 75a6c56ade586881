/* What an operator must know before deciding: what is there, what would come, what speaks against it. The
 * detail and the decision box show the same facts, from here. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "event/event.h"
#include "view/internal.h"

/* Bytes of an image's name without its tag. */
static size_t repository_len(const char *image)
{
    const char *tag = event_image_tag(image);
    return tag ? (size_t)(tag - image) - 1 : strlen(image);
}

/* "…/podtatoserver:v0.1.1" where the other image is of the same repository, else all of it: another registry
 * must be seen. */
static const char *image_text(struct view *v, const char *image, const char *other)
{
    const size_t len = repository_len(image);
    const char *slash = NULL;
    for (const char *p = image; p < image + len; p++)
        if (*p == '/')
            slash = p;
    const bool same = other && repository_len(other) == len && memcmp(image, other, len) == 0;
    if (!same || !slash)
        return view_safe(v, image);
    return view_printf(v, "%s%s", view_glyph(v, GLYPH_ELLIPSIS), view_safe(v, slash));
}

static const char *version_of(struct view *v, const struct model_sequence *seq)
{
    return seq->version ? view_safe(v, seq->version) : "another version";
}

static struct fact last_delivered(struct view *v, const struct model_sequence *seq,
                                  const struct model_delivery *d)
{
    struct fact fact = {
        .label = "last delivered", .text = "nothing delivered here yet", .right = "", .must = true};
    if (!d->last)
        return fact;
    fact.text = d->last->image ? image_text(v, d->last->image, seq->image) : version_of(v, d->last);
    fact.right = view_ago(v, d->last->finished_ns ? d->last->finished_ns : d->last->since_ns);
    return fact;
}

static struct fact to_deliver(struct view *v, const struct model_sequence *seq,
                              const struct model_delivery *d)
{
    struct fact fact = {.label = "to deliver", .text = "no image is named", .right = "", .must = true};
    if (seq->image)
        fact.text = image_text(v, seq->image, d->last ? d->last->image : NULL);
    else if (seq->version)
        fact.text = view_safe(v, seq->version);
    if (seq->version_differs) {
        fact.right = view_printf(v, "%s label", view_glyph(v, GLYPH_DIFFERS));
        fact.role = ROLE_WARNING;
    }
    return fact;
}

static struct fact so_far(struct view *v, const struct model_approval *a)
{
    struct fact fact = {.label = "so far"};
    const char *result = a->result && *a->result ? view_safe(v, a->result) : "unknown";
    const char *task = a->result_task ? view_printf(v, " (%s)", view_safe(v, a->result_task)) : "";
    const char *evaluation = view_glyph(v, GLYPH_NONE);
    if (a->evaluation_result)
        evaluation = view_printf(v, "%s %.1f", view_safe(v, a->evaluation_result), a->evaluation_score);
    fact.text = view_printf(v, "%s%s", result, task);
    fact.right = view_printf(v, "evaluation %s", evaluation);
    fact.role = strcmp(result, "pass") == 0   ? ROLE_SUCCEEDED
                : strcmp(result, "fail") == 0 ? ROLE_FAILED
                                              : ROLE_WARNING;
    return fact;
}

static struct fact labels(struct view *v, const struct model_sequence *seq)
{
    struct fact fact = {.label = "labels", .text = "", .right = "", .role = ROLE_DIM};
    fact.text = view_labels(v, seq->labels, seq->label_count);
    return fact;
}

static struct fact half_way(struct view *v, const struct model_sequence *after)
{
    const char *what = after->state == MODEL_ABORTED ? "aborted" : "failed";
    return (struct fact){
        .label = "since then",
        .text = view_printf(v, "%s %s half-way %s: state unknown", version_of(v, after), what,
                            view_ago(v, after->finished_ns ? after->finished_ns : after->since_ns)),
        .right = "",
        .role = ROLE_WARNING,
        .must = true};
}

static struct fact older(struct view *v, const struct model_sequence *newer)
{
    const char *text;
    if (newer && newer->state >= MODEL_SUCCEEDED)
        text = view_printf(v, "OLDER than %s, delivered %s: this goes BACK", version_of(v, newer),
                           view_ago(v, newer->finished_ns ? newer->finished_ns : newer->since_ns));
    else if (newer)
        text = view_printf(v, "OLDER than %s, which waits here too: this goes BACK", version_of(v, newer));
    else
        text = "OLDER than what was delivered here: this goes BACK";
    return (struct fact){.label = "", .text = text, .right = "", .role = ROLE_DANGER, .must = true};
}

/* What runs has changed as well, not only what is delivered. False: it has not, or nobody knows. */
static bool shipyard_change(struct view *v, const struct model_sequence *seq, const struct model_delivery *d,
                            struct fact *out)
{
    const char *old = d->last ? d->last->shipyard_commit : NULL, *new = seq->shipyard_commit;
    if (!old || !new || strcmp(old, new) == 0)
        return false;
    *out = (struct fact){.label = "shipyard",
                         .text = view_printf(v, "changed: %.7s %s %.7s", view_safe(v, old),
                                             view_glyph(v, GLYPH_ARROW), view_safe(v, new)),
                         .right = "",
                         .role = ROLE_WARNING};
    return true;
}

/* Held on the server: an approval alone does not set it going. */
static struct fact held(void)
{
    return (struct fact){.label = "held",
                         .text = "paused: approved, it still waits for its resume",
                         .right = "",
                         .role = ROLE_PAUSED,
                         .must = true};
}

size_t facts_of(struct view *v, const struct model_sequence *seq, struct fact out[FACTS_MAX])
{
    const struct model_approval *a = &seq->approval;
    struct model_delivery d = {0};
    size_t n = 0;
    model_delivery_of(view_source_of(v, seq)->model, seq, &d);
    if (seq->goes_back || d.newer)
        out[n++] = older(v, d.newer);
    out[n++] = last_delivered(v, seq, &d);
    if (d.failed_after)
        out[n++] = half_way(v, d.failed_after);
    out[n++] = to_deliver(v, seq, &d);
    if (seq->paused)
        out[n++] = held();
    if (a->triggered_id) {
        out[n++] = so_far(v, a);
        out[n++] = (struct fact){.label = "strategy",
                                 .text = view_printf(v, "pass: %s, warning: %s",
                                                     a->pass ? view_safe(v, a->pass) : "manual",
                                                     a->warning ? view_safe(v, a->warning) : "manual"),
                                 .right = "",
                                 .role = ROLE_DIM};
    }
    if (shipyard_change(v, seq, &d, &out[n]))
        n++;
    if (seq->label_count > 0)
        out[n++] = labels(v, seq);
    return n;
}
