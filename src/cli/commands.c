/* commands.c: every subcommand, in the order of the help. */
#include "config.h"

#include "cli/demo.h"
#include "cli/internal.h"

#define MANY 1000

const struct cli_command cli_commands[] = {
    {"demo", "", "the tutorial, with real parts, on this machine", NULL, 0, 0, false, true, cli_demo},
    {"list", "[waiting|sequences|projects|decided]", "what is there: a tree, or one table", cli_list_options,
     0, 1, false, false, cli_list},
    {"show", "ID", "everything about a sequence", cli_show_options, 1, 1, false, false, cli_show},
    {"approve", "ID", "approve what waits", cli_approve_options, 1, 1, true, false, cli_approve},
    {"decline", "ID", "decline what waits", cli_approve_options, 1, 1, true, false, cli_decline},
    {"watch", "[ID]", "events as they happen", cli_watch_options, 0, 1, false, false, cli_watch},
    {"log", "ID", "the output of a sequence's jobs", cli_log_options, 1, 1, false, false, cli_log},
    {"trigger delivery", "--project NAME --service NAME --image IMAGE", "deliver an image",
     cli_trigger_delivery_options, 0, 0, true, false, cli_trigger_delivery},
    {"trigger sequence", "NAME --project NAME --service NAME --stage NAME", "run a sequence",
     cli_trigger_sequence_options, 0, 1, true, false, cli_trigger_sequence},
    {"pause|pause sequence", "ID", "pause a sequence", cli_control_options, 0, 1, true, false, cli_pause},
    {"resume|resume sequence", "ID", "resume a paused sequence", cli_control_options, 0, 1, true, false,
     cli_resume},
    {"abort|abort sequence", "ID", "abort a sequence", cli_control_options, 0, 1, true, false, cli_abort},
    {"create project", "NAME --shipyard FILE", "make a project", cli_create_project_options, 1, 1, true,
     false, cli_create_project},
    {"update project", "NAME", "change a project", cli_update_project_options, 1, 1, true, false,
     cli_update_project},
    {"delete project", "NAME", "delete a project", NULL, 1, 1, true, false, cli_delete_project},
    {"create service", "NAME --project NAME", "make a service in every stage of a project",
     cli_project_options, 1, 1, true, false, cli_create_service},
    {"delete service", "NAME --project NAME", "delete a service", cli_project_options, 1, 1, true, false,
     cli_delete_service},
    {"add-resource", "--project NAME --resource FILE", "put a file into a project, stage or service",
     cli_add_resource_options, 0, 0, true, false, cli_add_resource},
    {"get project|get projects", "[NAME]", "projects", cli_output_options, 0, 1, false, false,
     cli_get_project},
    {"get stage|get stages", "[NAME] --project NAME", "stages of a project", cli_stage_options, 0, 1, false,
     false, cli_get_stage},
    {"get service|get services", "[NAME]", "services, and what is deployed", cli_stage_options, 0, 1, false,
     false, cli_get_service},
    {"get event|get events", "[TYPE] --project NAME", "events, newest first, as JSON", cli_get_event_options,
     0, 1, false, false, cli_get_event},
    {"send event", "--file FILE", "send a CloudEvent", cli_send_options, 0, 0, true, false, cli_send},
    {"auth", "", "ask whether the token is valid", NULL, 0, 0, false, false, cli_auth},
    {"status", "", "server, name, role, and how many wait", cli_output_options, 0, 0, false, false,
     cli_status},
    {"version", "", "versions of drawbridge and of the server", NULL, 0, 0, false, false, cli_version},
    {"help", "[COMMAND]", "help on a command", NULL, 0, MANY, false, true, cli_help},
    {NULL, NULL, NULL, NULL, 0, 0, false, false, NULL},
};
