#include "config.h"

#include "cli/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "cli/token.h"

#define SERVER_DEFAULT "http://127.0.0.1:8080/api"
#define DRAIN_MS       1000
#define CHOSEN_MAX     64 /* contexts that are named at once, as in the settings */

const char *setup_system_file = SYSCONFDIR "/drawbridge/config.yaml";

/* What is kept for one connection beside what cli.h tells of it. */
struct link {
    const struct settings_context *context; /* NULL: made of options */
    struct token_source source;
    char *server, *host, *token, *problem;
    const char **projects; /* NULL-terminated; NULL: all */
};

struct setup {
    struct cli_context context;
    const struct cli_command *command;
    const struct cli_args *args;
    struct settings settings;
    struct error settings_error;
    char *settings_path;
    struct link *links; /* one for each of context.connections */
    const char **replays;
    uv_loop_t loop;
    bool has_loop;
};

struct cli_context *setup_context(struct setup *s)
{
    return &s->context;
}

/* --- the settings file --- */

static char *default_file(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config != NULL && config[0] == '/')
        return mem_printf("%s/drawbridge/config.yaml", config);
    return home != NULL && home[0] == '/' ? mem_printf("%s/.config/drawbridge/config.yaml", home) : NULL;
}

/* Programs are not started in a restricted session, whoever's settings they are in. */
static void drop_commands(struct settings *settings)
{
    if (settings->notify.command.count > 0 || settings->notify.shell != NULL)
        cli_complain("notify: a restricted session runs no commands; this one is left out");
    settings_drop_notify_commands(settings);
}

static bool names_programs(const struct settings *settings)
{
    bool names = settings->notify.command.count > 0 || settings->notify.shell != NULL;
    for (size_t i = 0; i < settings->context_count; i++)
        names = names || settings->contexts[i].token_command.count > 0;
    return names;
}

/* Who can write the file can have programs run in our name. */
static void warn_of_open_settings(const char *path, const struct settings *settings)
{
    struct stat info;
    if (names_programs(settings) && stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
        (info.st_mode & 022) != 0)
        cli_complain("others can write %s (mode %04o), which names programs to run; chmod go-w it", path,
                     (unsigned)(info.st_mode & 07777));
}

static enum status read_settings(struct setup *s, struct error *err)
{
    const char *named = cli_value(s->args, "config");
    s->settings_path = s->context.restricted ? mem_string(setup_system_file)
                       : named != NULL       ? mem_string(named)
                                             : default_file();
    settings_init_defaults(&s->settings);
    s->context.settings = &s->settings;
    s->context.settings_error = &s->settings_error;
    s->context.settings_path = s->settings_path;
    if (s->settings_path == NULL)
        return STATUS_OK;
    enum status status = settings_read_file(s->settings_path, named != NULL || s->context.restricted,
                                            &s->settings, &s->settings_error);
    if (s->context.restricted)
        drop_commands(&s->settings);
    warn_of_open_settings(s->settings_path, &s->settings);
    if (status == STATUS_OK || (s->command != NULL && s->command->offline))
        return STATUS_OK;
    *err = s->settings_error;
    return status;
}

/* --- which connections --- */

static enum status unknown_context(const struct setup *s, const char *name, struct error *err)
{
    const char *names[CHOSEN_MAX];
    size_t count = 0;
    for (; count < s->settings.context_count && count < CHOSEN_MAX; count++)
        names[count] = s->settings.contexts[count].name;
    const char *meant = settings_nearest(name, names, count);
    return error_set(err, STATUS_NOT_FOUND,
                     "there is no context %s in %s%s%s; drawbridge context list shows them", name,
                     s->settings_path != NULL ? s->settings_path : "the settings",
                     meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "");
}

static bool asks_nobody(const struct setup *s)
{
    return cli_has(s->args, "replay") || (s->command != NULL && s->command->offline);
}

/* The contexts that are wanted, none for a connection that is made of options. */
static enum status choose_contexts(const struct setup *s, const struct settings_context *chosen[CHOSEN_MAX],
                                   size_t *count, struct error *err)
{
    const char *server = getenv("DRAWBRIDGE_SERVER"), *name;
    bool is_dashboard = s->command == NULL;
    *count = 0;
    for (size_t i = 0; (name = cli_value_at(s->args, "context", i)) != NULL; i++) {
        if (cli_has(s->args, "server"))
            return error_set(
                err, STATUS_USAGE,
                "--server and --context: give one; the token of a context is for its own server only");
        if (i > 0 && (!is_dashboard || i >= CHOSEN_MAX))
            return error_set(err, STATUS_USAGE, "--context %s: %s", name,
                             is_dashboard ? "these are too many"
                                          : "a command has one; only the dashboard shows several");
        chosen[i] = settings_find_context(&s->settings, name);
        for (size_t k = 0; k < i; k++)
            if (chosen[k] == chosen[i])
                return error_set(err, STATUS_USAGE, "--context %s stands there twice", name);
        if (chosen[i] == NULL)
            return unknown_context(s, name, err);
        *count = i + 1;
    }
    if (*count > 0 || cli_has(s->args, "server") || (server != NULL && *server != '\0') || asks_nobody(s))
        return STATUS_OK;
    chosen[0] = is_dashboard ? settings_shown(&s->settings, 0) : settings_current(&s->settings);
    while (chosen[*count] != NULL) {
        ++*count;
        chosen[*count] =
            is_dashboard && *count < CHOSEN_MAX - 1 ? settings_shown(&s->settings, *count) : NULL;
    }
    return STATUS_OK;
}

/* --- one connection --- */

/* Drops slashes at the end; an address without a path gets Keptn's /api. */
static enum status set_server(struct link *l, struct cli_connection *c, const char *given, struct error *err)
{
    const char *host = strncmp(given, "http://", 7) == 0    ? given + 7
                       : strncmp(given, "https://", 8) == 0 ? given + 8
                                                            : NULL;
    if (host == NULL || *host == '\0' || *host == '/' || strpbrk(given, " ?#@\\\"'<>\t\r\n") != NULL)
        return error_set(err, STATUS_USAGE,
                         "the server's address %s must look like https://keptn.example/api", given);
    size_t len = strlen(given);
    while (given[len - 1] == '/')
        len--;
    bool has_path = memchr(host, '/', (size_t)(given + len - host)) != NULL;
    l->server = mem_printf("%.*s%s", (int)len, given, has_path ? "" : "/api");
    l->host = mem_string_n(host, strcspn(host, "/"));
    c->server = l->server;
    return STATUS_OK;
}

static enum status set_stream(struct cli_connection *c, const char *given, struct error *err)
{
    c->stream = given != NULL ? given : "auto";
    if (strcmp(c->stream, "auto") != 0 && strncmp(c->stream, "ws://", 5) != 0 &&
        strncmp(c->stream, "wss://", 6) != 0)
        return error_set(err, STATUS_USAGE, "--stream %s: must be auto, or begin with ws:// or wss://",
                         given);
    return STATUS_OK;
}

/* The options count for all connections, as the command line beats the file. */
static void set_projects(const struct cli_args *args, struct link *l, struct cli_connection *c)
{
    size_t count = 0;
    while (cli_value_at(args, "only-project", count) != NULL)
        count++;
    bool from_options = count > 0;
    if (!from_options && l->context != NULL)
        count = l->context->projects.count;
    if (count == 0)
        return;
    l->projects = mem_alloc((count + 1) * sizeof *l->projects);
    for (size_t i = 0; i < count; i++)
        l->projects[i] = from_options ? cli_value_at(args, "only-project", i) : l->context->projects.items[i];
    c->projects = l->projects;
}

/* What is said for one server only is not sent to several. */
static void set_token_source(const struct setup *s, struct link *l, bool alone)
{
    const char *file = cli_value(s->args, "token-file"), *text = getenv("DRAWBRIDGE_TOKEN");
    l->source.strict = s->context.restricted;
    if (alone && file != NULL) {
        l->source.file = file;
    } else if (alone && text != NULL && *text != '\0') {
        l->source.text = text;
    } else if (l->context != NULL && l->context->token_file != NULL) {
        l->source.file = l->context->token_file;
    } else if (l->context != NULL && l->context->token_command.count > 0) {
        l->source.command = &l->context->token_command;
    } else {
        l->source.local = http_is_loopback(l->server);
    }
}

static enum status set_connection(struct setup *s, size_t i, const struct settings_context *context,
                                  bool alone, struct error *err)
{
    struct link *l = &s->links[i];
    struct cli_connection *c = &s->context.connections[i];
    const char *server = cli_value(s->args, "server"), *stream = cli_value(s->args, "stream");
    l->context = context;
    if (server == NULL || *server == '\0')
        server = context != NULL ? context->server : getenv("DRAWBRIDGE_SERVER");
    if (server == NULL || *server == '\0')
        server = SERVER_DEFAULT;
    enum status status = set_server(l, c, server, err);
    if (status == STATUS_OK)
        status = set_stream(c, stream == NULL && context != NULL ? context->stream : stream, err);
    if (status != STATUS_OK && context != NULL && stream == NULL) {
        struct error bare = *err;
        return settings_error(&s->settings, context->place, err, "context %s: %s", context->name, bare.text);
    }
    if (status != STATUS_OK)
        return status;
    c->name = context != NULL ? context->name : NULL;
    c->label = context == NULL ? l->host : context->label != NULL ? context->label : context->name;
    c->colour = context != NULL ? context->colour : NULL;
    c->read_only =
        cli_has(s->args, "read-only") || cli_has(s->args, "wall") || (context != NULL && context->read_only);
    set_projects(s->args, l, c);
    set_token_source(s, l, alone);
    c->token_source = &l->source;
    return STATUS_OK;
}

/* --- tokens --- */

static void warn_of_open_file(const struct token_source *source)
{
    unsigned mode = 0;
    if (source->file != NULL && !source->strict && token_file_is_open(source->file, &mode))
        cli_complain("others can read the token file %s (mode %04o); chmod 600 it", source->file, mode);
}

/* The token of one of several connections. What is missing is told in its place on the screen; a command is
 * left to the dashboard, so that it delays nobody else. */
static void set_one_of_tokens(struct link *l, struct cli_connection *c)
{
    struct error err = ERROR_NONE;
    bool later = l->source.command != NULL && !l->source.strict;
    if (later)
        l->problem = mem_printf("its token-command, %s, has not ended yet", l->source.command->items[0]);
    else if (token_read(&l->source, &l->token, &err) != STATUS_OK)
        l->problem = mem_string(err.text);
    c->token = l->token;
    c->problem = l->problem;
}

static enum status set_tokens(struct setup *s, struct error *err)
{
    size_t count = s->context.connection_count;
    struct link *first = &s->links[0];
    for (size_t i = 0; i < count; i++)
        warn_of_open_file(&s->links[i].source);
    if (count > 1) {
        if (getenv("DRAWBRIDGE_TOKEN") != NULL)
            cli_complain("DRAWBRIDGE_TOKEN is for one connection; it is not used while several are shown");
        for (size_t i = 0; i < count; i++)
            set_one_of_tokens(&s->links[i], &s->context.connections[i]);
        return STATUS_OK;
    }
    enum status status = token_read(&first->source, &first->token, err);
    if (status != STATUS_OK && first->context != NULL)
        error_prefix(err, "context %s", first->context->name);
    s->context.connections[0].token = first->token;
    return status;
}

static enum status set_connections(struct setup *s, struct error *err)
{
    const struct settings_context *chosen[CHOSEN_MAX + 1] = {NULL};
    size_t count = 0;
    enum status status = choose_contexts(s, chosen, &count, err);
    if (status != STATUS_OK)
        return status;
    const char *const single[] = {"stream", "token-file"};
    for (size_t i = 0; count > 1 && i < 2; i++)
        if (cli_has(s->args, single[i]))
            return error_set(
                err, STATUS_USAGE,
                "--%s is for one connection, and the settings show several; name one with --context",
                single[i]);
    if (count == 0)
        count = 1;
    s->links = mem_alloc(count * sizeof *s->links);
    s->context.connections = mem_alloc(count * sizeof *s->context.connections);
    s->context.connection_count = count;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = set_connection(s, i, chosen[i], count == 1, err);
    if (status == STATUS_OK && !asks_nobody(s))
        status = set_tokens(s, err);
    return status;
}

static enum status set_replay(struct setup *s, struct error *err)
{
    struct cli_context *ctx = &s->context;
    enum status status = cli_set_replay(ctx, s->args, &s->replays, err);
    if (status == STATUS_OK && ctx->replays != NULL) {
        ctx->connections[0].label = ctx->name;
        ctx->connections[0].read_only = ctx->read_only;
    }
    return status;
}

static void copy_first(struct cli_context *ctx)
{
    const struct cli_connection *first = &ctx->connections[0];
    ctx->server = first->server;
    ctx->stream = first->stream;
    ctx->token = first->token;
    ctx->name = first->label;
    ctx->projects = first->projects;
    ctx->read_only = first->read_only;
}

/* --- looks --- */

static enum status set_wall(struct setup *s, struct error *err)
{
    const char *wall = cli_value(s->args, "wall");
    s->context.wall = wall != NULL;
    s->context.linear = cli_has(s->args, "linear");
    if (s->context.linear && wall != NULL)
        return error_set(err, STATUS_USAGE,
                         "--linear and --wall: a wall cannot be told in lines; give one of them");
    s->context.wall_locked = wall != NULL && (strcmp(wall, "locked") == 0 || s->settings.wall.locked);
    if (wall != NULL && *wall != '\0' && strcmp(wall, "locked") != 0)
        return error_set(err, STATUS_USAGE, "--wall=%s: must be --wall or --wall=locked", wall);
    return STATUS_OK;
}

static enum status set_look(struct setup *s, struct error *err)
{
    static const char *const names[] = {"auto", "unicode", "console", "ascii"};
    const char *option = cli_value(s->args, "glyphs"), *theme = cli_value(s->args, "theme");
    const char *glyphs = option != NULL ? option : s->settings.glyphs;
    s->context.mouse = s->settings.mouse && !cli_has(s->args, "no-mouse");
    s->context.theme = theme != NULL ? theme : s->settings.theme;
    if (s->settings.ambiguous_width == 2)
        cli_use_wide_ambiguous();
    if (glyphs == NULL)
        return STATUS_OK;
    for (size_t i = option != NULL ? 0 : 1; i < sizeof names / sizeof *names; i++) {
        if (strcmp(glyphs, names[i]) == 0) {
            s->context.glyphs = (enum cli_glyphs)i;
            if (s->context.glyphs == CLI_GLYPHS_ASCII)
                cli_use_ascii_glyphs();
            return STATUS_OK;
        }
    }
    return error_set(err, STATUS_USAGE, "--glyphs %s: must be unicode, console or ascii", glyphs);
}

/* --- all of it --- */

enum status setup_open(const struct cli_command *command, const struct cli_args *args, const char *program,
                       struct setup **out, struct error *err)
{
    struct setup *s = MEM_NEW(struct setup);
    enum status status = STATUS_OK;
    *out = s;
    s->command = command;
    s->args = args;
    s->context.program = program;
    s->context.restricted = cli_has(args, "restricted");
    settings_init_defaults(&s->settings);
    if (s->context.restricted) {
        restricted_clean_environment();
        cli_refuse_files();
        status = restricted_check_options(args, err);
    }
    if (status == STATUS_OK)
        status = read_settings(s, err);
    if (status == STATUS_OK)
        status = set_look(s, err);
    if (status == STATUS_OK)
        status = set_wall(s, err);
    if (status == STATUS_OK)
        status = set_connections(s, err);
    if (status != STATUS_OK)
        return status;
    copy_first(&s->context);
    return set_replay(s, err);
}

/* "none" is no proxy. The environment of a restricted session has none either. */
static const char *proxy_of(const struct setup *s, const struct settings_context *context)
{
    if (context != NULL && context->proxy != NULL)
        return strcmp(context->proxy, "none") == 0 ? "" : context->proxy;
    return s->context.restricted ? "" : NULL;
}

enum status setup_start(struct setup *s, struct error *err)
{
    if (uv_loop_init(&s->loop) != 0)
        return error_set(err, STATUS_FAILED, "cannot make an event loop: %s", strerror(errno));
    s->has_loop = true;
    s->context.loop = &s->loop;
    for (size_t i = 0; i < s->context.connection_count; i++) {
        const struct settings_context *context = s->links[i].context;
        const struct http_settings settings = {.ca_file = context != NULL && context->ca_file != NULL
                                                              ? context->ca_file
                                                              : getenv("SSL_CERT_FILE"),
                                               .client_cert = context != NULL ? context->client_cert : NULL,
                                               .client_key = context != NULL ? context->client_key : NULL,
                                               .proxy = proxy_of(s, context)};
        s->context.connections[i].http = http_client_new(&s->loop, &settings);
    }
    s->context.http = s->context.connections[0].http;
    return STATUS_OK;
}

static void on_impatience(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

bool setup_stop(struct setup *s)
{
    uv_timer_t impatience;
    if (!s->has_loop)
        return true;
    s->has_loop = false;
    for (size_t i = 0; i < s->context.connection_count; i++)
        http_client_free(s->context.connections[i].http);
    uv_timer_init(&s->loop, &impatience);
    uv_timer_start(&impatience, on_impatience, DRAIN_MS, 0);
    uv_unref((uv_handle_t *)&impatience);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&impatience, NULL);
    uv_run(&s->loop, UV_RUN_NOWAIT);
    return uv_loop_close(&s->loop) == 0;
}

void setup_free(struct setup *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->context.connection_count; i++) {
        struct link *l = &s->links[i];
        if (l->token != NULL)
            explicit_bzero(l->token, strlen(l->token));
        free(l->token);
        free(l->server);
        free(l->host);
        free(l->problem);
        free(l->projects);
    }
    free(s->links);
    free(s->replays);
    free(s->context.connections);
    settings_free(&s->settings);
    free(s->settings_path);
    free(s);
}
