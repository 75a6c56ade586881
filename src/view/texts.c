/* What several screens say about a sequence, in the same words. */
#include "config.h"

#include <string.h>

#include "view/internal.h"

const char *view_version(struct view *v, const struct model_sequence *seq)
{
    const char *version = seq->version ? view_safe(v, seq->version) : view_glyph(v, GLYPH_NONE);
    if (seq->version_differs)
        version = view_printf(v, "%s %s", version, view_glyph(v, GLYPH_DIFFERS));
    if (seq->goes_back)
        version = view_printf(v, "%s %s", version, view_glyph(v, GLYPH_BACK));
    return version;
}

const char *view_change(struct view *v, const struct model_sequence *last, const struct model_sequence *seq)
{
    const char *from = last && last->version ? view_safe(v, last->version) : view_glyph(v, GLYPH_NONE);
    return view_printf(v, "%s %s %s", from, view_glyph(v, GLYPH_ARROW), view_version(v, seq));
}

const char *view_change_of(struct view *v, struct pick pick)
{
    struct model_delivery d = {0};
    model_delivery_of(pick.source->model, pick.seq, &d);
    return view_change(v, d.last, pick.seq);
}

const char *view_sent_word(struct view *v, const struct source *source, const struct model_sequence *seq)
{
    const char *id = seq->approval.triggered_id;
    const struct sent *sent = id ? view_sent(v, source, id) : NULL;
    return sent ? sent_word(v, sent) : NULL;
}

const char *view_source_name(struct view *v, const char *raw_source)
{
    const char *source = view_safe(v, raw_source);
    const char *slash = strrchr(source, '/');
    const char *name = strstr(source, "://") && slash ? slash + 1 : source;
    const size_t len = strcspn(name, "#");
    return len > 0 ? view_printf(v, "%.*s", (int)len, name) : source;
}

const char *view_labels(struct view *v, const struct model_label *labels, size_t count)
{
    const char *text = "";
    for (size_t i = 0; i < count && strlen(text) < 400; i++)
        text = view_printf(v, "%s%s%s=%s", text, i ? ", " : "", view_safe(v, labels[i].key),
                           view_safe(v, labels[i].value));
    return text;
}

enum role view_result_role(const char *result)
{
    if (!result)
        return ROLE_DIM;
    return strcmp(result, "pass") == 0   ? ROLE_SUCCEEDED
           : strcmp(result, "fail") == 0 ? ROLE_FAILED
                                         : ROLE_WARNING;
}
