/* A view without a terminal: as much of one as facts and filters ask for. */
#include "config.h"

#include "view/plain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "view/internal.h"

struct plain {
    struct view view;
};

struct plain *plain_new(bool ascii, int64_t (*now_ns)(void *arg, size_t source), void *arg)
{
    struct plain *p = MEM_NEW(struct plain);
    struct view *v = &p->view;
    settings_init_defaults(&v->defaults);
    v->settings = &v->defaults;
    v->ports = (struct view_ports){.arg = arg, .now_ns = now_ns};
    v->ascii = ascii;
    theme_set_defaults(&v->theme, THEME_NO_COLOUR, ascii ? THEME_ASCII : THEME_UNICODE);
    return p;
}

void plain_free(struct plain *p)
{
    if (!p)
        return;
    struct view *v = &p->view;
    for (size_t i = 0; i < v->source_count; i++)
        source_free(v->sources[i]);
    filter_free(v->filtering.filter);
    settings_free(&v->defaults);
    arena_free(&v->arena);
    free(p);
}

void plain_add_source(struct plain *p, const char *name, const char *label, const struct model *model)
{
    struct source *s = MEM_NEW(struct source);
    assert(p->view.source_count < SOURCES_MAX);
    s->number = p->view.source_count;
    s->name = mem_string(name);
    s->label = mem_string(label);
    s->model = model;
    p->view.sources[p->view.source_count++] = s;
}

void plain_add_facts(struct plain *p, const struct model_sequence *seq, struct buffer *out)
{
    struct view *v = &p->view;
    struct fact facts[FACTS_MAX];
    arena_reset(&v->arena);
    v->clock = view_source_of(v, seq);
    const size_t count = facts_of(v, seq, facts);
    for (size_t i = 0; i < count; i++) {
        const struct fact *f = &facts[i];
        if (*f->label)
            (void)buffer_printf(out, "%s: ", f->label);
        (void)buffer_add_text(out, f->text);
        if (*f->right)
            (void)buffer_printf(out, " (%s)", f->right);
        (void)buffer_add_char(out, '\n');
    }
}

enum status plain_set_filter(struct plain *p, const char *text, struct error *err)
{
    struct filter *filter = NULL;
    const enum status status = filter_parse(text, &filter, err);
    if (status != STATUS_OK) {
        filter_free(filter);
        return status;
    }
    filter_free(p->view.filtering.filter);
    p->view.filtering.filter = filter;
    return STATUS_OK;
}

bool plain_fits(struct plain *p, size_t source, const struct model_sequence *seq)
{
    arena_reset(&p->view.arena);
    return view_fits(&p->view, (struct pick){.source = p->view.sources[source], .seq = seq});
}
