#include "config.h"

#include "shipyards.h"

#include <string.h>

#include "base/buffer.h"
#include "base/json.h"

#define HEAD(name)                                                                                           \
    "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nmetadata: {name: shipyard-" name "}\nspec:\n  "        \
    "stages:\n"

static const struct {
    const char *project, *stages[4], *shipyard;
} projects[] = {
    {"fulltour",
     {"qa", "production"},
     HEAD("fulltour") "    - name: qa\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          tasks: [{name: je-deployment}, {name: je-test}]\n"
                      "    - name: production\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          triggeredOn: [{event: qa.delivery.finished}]\n"
                      "          tasks:\n"
                      "            - {name: approval, properties: {pass: manual, warning: manual}}\n"
                      "            - name: je-deployment\n"},
    {"sockshop",
     {"dev", "staging", "production"},
     HEAD("sockshop") "    - name: dev\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          tasks: [{name: deployment}, {name: test}]\n"
                      "    - name: staging\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          triggeredOn: [{event: dev.delivery.finished}]\n"
                      "          tasks: [{name: deployment}, {name: test}, {name: evaluation}]\n"
                      "    - name: production\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          triggeredOn: [{event: staging.delivery.finished}]\n"
                      "          tasks:\n"
                      "            - {name: approval, properties: {pass: manual, warning: manual}}\n"
                      "            - name: deployment\n"
                      "            - name: release\n"
                      "        - name: rollback\n"
                      "          triggeredOn: [{event: production.delivery.finished, selector: {match: "
                      "{result: fail}}}]\n"
                      "          tasks: [{name: rollback}]\n"},
    {"payments",
     {"production"},
     HEAD("payments") "    - name: production\n"
                      "      sequences:\n"
                      "        - name: delivery\n"
                      "          tasks:\n"
                      "            - name: je-check\n"
                      "            - {name: approval, properties: {pass: automatic, warning: manual}}\n"
                      "            - name: je-deployment\n"
                      "            - name: smoke-test\n"},
};

enum status shipyards_write(struct recording *r, int64_t received_ns, struct error *err)
{
    enum status status = STATUS_OK;
    struct buffer text = BUFFER_LIMIT(65536);
    for (size_t i = 0; i < sizeof projects / sizeof *projects && status == STATUS_OK; i++) {
        buffer_clear(&text);
        buffer_printf(&text,
                      "{\"projectName\":\"%s\",\"shipyardVersion\":\"spec.keptn.sh/0.2.3\",\"shipyard\":",
                      projects[i].project);
        json_print_text(projects[i].shipyard, &text);
        buffer_add_text(&text, ",\"stages\":[");
        for (size_t k = 0; projects[i].stages[k] != NULL; k++)
            buffer_printf(&text, "%s{\"stageName\":\"%s\",\"services\":[]}", k > 0 ? "," : "",
                          projects[i].stages[k]);
        buffer_add_text(&text, "]}");
        status = recording_add_item(r, received_ns, "project", buffer_text(&text), text.len, 0, err);
    }
    buffer_free(&text);
    return status;
}
