/* daemon/internal.h: the ports of the api, one file a noun, and what they share. */
#ifndef DAEMON_INTERNAL_H
#define DAEMON_INTERNAL_H

#include "daemon/core.h"
#include "daemon/credentials.h"

/* post_event.c */
void port_post_event(void *arg, const struct event *ev, const struct api_principal *who, api_done done,
                     void *done_arg);
void port_control(void *arg, const char *project, const char *context, const char *stage, const char *verb,
                  const struct api_principal *who, api_done done, void *done_arg);
/* projects.c */
void port_put_project(void *arg, const cJSON *body, bool update, const struct api_principal *who,
                      api_done done, void *done_arg);
void port_delete_project(void *arg, const char *project, const struct api_principal *who, api_done done,
                         void *done_arg);
void port_create_service(void *arg, const char *project, const char *service, const struct api_principal *who,
                         api_done done, void *done_arg);
void port_delete_service(void *arg, const char *project, const char *service, const struct api_principal *who,
                         api_done done, void *done_arg);
/* resources.c */
void port_write_resources(void *arg, const char *project, const char *stage, const char *service,
                          const struct api_file *files, size_t count, const struct api_principal *who,
                          api_done done, void *done_arg);
void port_read_resource(void *arg, const char *project, const char *stage, const char *service,
                        const char *path, const char *commit, api_done done, void *done_arg);
void port_list_resources(void *arg, const char *project, const char *stage, const char *service,
                         api_done done, void *done_arg);

/* secrets.c */
void port_put_secret(void *arg, const char *scope, const char *name, const cJSON *data, bool update,
                     const struct api_principal *who, api_done done, void *done_arg);
void port_delete_secret(void *arg, const char *scope, const char *name, const struct api_principal *who,
                        api_done done, void *done_arg);
void port_read_secret(void *arg, const char *project, const char *stage, const char *service,
                      const char *name, jobs_read_done done, void *done_arg);

/* Commits the turn, then answers with http and body (copied), or with why it could not be stored. */
void turn_commit_answer(struct turn *t, int http, const char *body, api_done done, void *done_arg);

/* A blocking call on the repository on its way to an answer: what ports of projects and resources have in
 * common. */
struct repo_call {
    struct core *core;
    char *project, *stage, *service, *path, *commit, *text, *who, *address;
    struct credentials *credentials; /* of a project that is made or changed; NULL: none */
    char **stages;                   /* NULL-terminated */
    size_t stage_count;
    struct shipyard *shipyard;
    struct repo_file *files; /* their paths and bytes are owned too */
    size_t file_count;
    bool update,
        capital; /* capital: errors begin with a capital letter, as Keptn's resource-service has them */
    struct buffer content;
    char read_commit[REPO_COMMIT_SIZE];
    char **paths; /* of a list */
    size_t path_count, path_capacity;
    enum status status;
    struct error err;
    void (*work)(struct repo_call *call);   /* on the thread pool; sets status and err */
    void (*then)(struct repo_call *call);   /* on the loop, only where status is STATUS_OK; answers */
    void (*failed)(struct repo_call *call); /* on the loop, before the error is answered; NULL: nothing */
    api_done done;
    void *done_arg;
};
struct repo_call *repo_call_new(struct core *core, const char *project, api_done done, void *done_arg);
/* Names of the project's stages into stages; false: no such project, and it has been answered and freed. */
bool repo_call_take_stages(struct repo_call *call);
void repo_call_start(struct repo_call *call);
void repo_call_free(struct repo_call *call);

#endif
