/* Sequences, their control, open events and evaluations (keptn-api.md, section 3), with a delivery whose task
 * is done by an integration as Keptn's are: by events over the API. */
#include "config.h"

#include "contract/contract.h"
#include "contract/shapes.h"
#include "support/world.h"

#define C     "/controlPlane/v1"
#define OPEN  C "/event/triggered/sh.keptn.event.deployment.triggered"
#define EVAL  C "/project/fulltour/stage/qa/service/helloservice/evaluation"
#define OPENS "{events:[" SHAPE_EVENT("") "],nextPageKey:'0',totalCount:1}"
#define DATA  "\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":\"helloservice\""
#define TRIGGER                                                                                              \
    "{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"cli\"," DATA                            \
    ",\"configurationChange\":{\"values\":{\"image\":\"x:1\"}}}}"
#define ANSWER(kind, more)                                                                                   \
    "{\"type\":\"sh.keptn.event.deployment." kind "\",\"source\":\"helm-service\",\"shkeptncontext\":"       \
    "\"$FIRST\",\"triggeredid\":\"$TASK\"," DATA more "}}"

static const struct contract_row rows[] = {
    {"sequence.list", "GET", C "/sequence/fulltour", .status = 200, .shape = "{states:[]}"},
    {"sequence.list", "GET", C "/sequence/nothing", .status = 200, .shape = "{states:[]}"},
    {"open.list", "GET", OPEN "?project=fulltour", .status = 200, .shape = "{events:[],nextPageKey:'0'}"},
    {"open.list", "GET", OPEN "?project=nothing", .status = 404, .says = "project not found",
     .shape = "{code:404,message:s}"},
    {"event.post", "POST", "/v1/event", .body = TRIGGER, .status = 200, .keep = "FIRST=keptnContext"},
    {"open.list", "GET", OPEN "?project=fulltour&stage=qa&service=helloservice&pageSize=5", .status = 200,
     .shape = OPENS, .keep = "TASK=events.0.id", .wait = true},
    {"open.list", "GET", OPEN, .status = 200, .shape = OPENS},
    {"open.list", "GET", OPEN "?project=fulltour&eventID=$TASK", .status = 200, .shape = OPENS},
    {"open.list", "GET", OPEN "?project=fulltour&stage=other", .status = 200,
     .shape = "{events:[],nextPageKey:'0'}"},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$FIRST,x&state=started&name=delivery",
     .status = 200, .says = "\"image\":\"x:1\"", .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}",
     .wait = true},
    {"event.post", "POST", "/v1/event", .body = TRIGGER, .status = 200, .keep = "SECOND=keptnContext"},
    {"sequence.list", "GET", C "/sequence/fulltour?state=waiting", .status = 200, .says = "$SECOND",
     .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}", .wait = true},
    {"sequence.paging", "GET", C "/sequence/fulltour?pageSize=1", .status = 200, .says = "$SECOND",
     .shape = "{states:[" SHAPE_STATE("") "],nextPageKey:1,totalCount:2}"},
    {"sequence.paging", "GET", C "/sequence/fulltour?pageSize=1&nextPageKey=1", .status = 200,
     .says = "$FIRST", .shape = "{states:[" SHAPE_STATE("") "],totalCount:2}"},
    {"sequence.paging", "GET", C "/sequence/fulltour?nextPageKey=9", .status = 200,
     .shape = "{states:[],totalCount:2}"},
    {"sequence.times", "GET", C "/sequence/fulltour?fromTime=0001-01-01T00:00:00.000Z", .status = 200,
     .shape = "{states:[" SHAPE_STATE("") "],totalCount:2}"},
    {"sequence.times", "GET", C "/sequence/fulltour?fromTime=2100-01-01T00:00:00.000Z", .status = 200,
     .shape = "{states:[]}"},
    {"sequence.times", "GET", C "/sequence/fulltour?beforeTime=2000-01-01T00:00:00.000Z", .status = 200,
     .shape = "{states:[]}"},

    {"sequence.control", "POST", C "/sequence/fulltour/$SECOND/control", .body = "{\"state\":\"abort\"}",
     .status = 200, .shape = "{}"},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$SECOND", .status = 200,
     .says = "\"state\":\"aborted\"", .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}", .wait = true},
    {"sequence.control", "POST", C "/sequence/fulltour/$FIRST/control",
     .body = "{\"state\":\"pause\",\"stage\":\"\"}", .status = 200, .shape = "{}"},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$FIRST", .status = 200,
     .says = "\"state\":\"paused\"", .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}", .wait = true},
    {"sequence.control", "POST", C "/sequence/fulltour/$FIRST/control",
     .body = "{\"state\":\"resume\",\"stage\":\"qa\"}", .status = 200, .shape = "{}"},
    {"sequence.control", "POST", C "/sequence/fulltour/$FIRST/control", .body = "{\"state\":", .status = 400,
     .says = "Invalid request format: ", .shape = "{code:400,message:s}"},
    {"sequence.control", "POST", C "/sequence/fulltour/no-context/control", .body = "{\"state\":\"abort\"}",
     .status = 200, .shape = "{}"},

    {"event.task", "POST", "/v1/event", .body = ANSWER("started", ""), .status = 200,
     .shape = "{keptnContext:'$FIRST'}|{keptnContext:u}"},
    {"execution.list", "GET", C "/sequence-execution?project=fulltour&keptnContext=$FIRST", .status = 200,
     .shape = "{sequenceExecutions:[{_id:s,schemaVersion:'1',triggeredAt:t,inputProperties:{...}|null,"
              "sequence:{name:s,tasks:[{name:s,triggeredAfter?:s,properties:*}]},scope:{project:s,stage:s,"
              "service:s,labels?:*,keptnContext:u,triggeredId:u,gitcommitid:s,eventType:s},status:{state:s,"
              "stateBeforePause:s,previousTasks:[{...}],currentTask:{name:s,triggeredID:s,events:[{"
              "eventType:s,source:s,result:s,status:s,time:t,properties:*}]}}}],pageSize:1,totalCount:1}"},
    {"execution.list", "GET", C "/sequence-execution?project=nothing", .status = 404,
     .says = "project not found"},
    {"execution.list", "GET", C "/sequence-execution", .status = 400, .shape = "{code:400,message:s}"},
    {"event.task", "POST", "/v1/event",
     .body = ANSWER("finished", ",\"status\":\"succeeded\",\"result\":\"fail\""), .status = 200},
    {"event.task", "POST", "/v1/event",
     .body = ANSWER("finished", ",\"status\":\"succeeded\",\"result\":\"pass\""), .status = 200},
    {"open.list", "GET", OPEN "?project=fulltour", .status = 200, .shape = "{events:[],nextPageKey:'0'}",
     .wait = true},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$FIRST", .status = 200,
     .says = "\"state\":\"finished\"", .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}", .wait = true},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$FIRST", .status = 200,
     .says = "\"latestFailedEvent\":{"},
    {"project.overview", "GET", C "/project/fulltour", .status = 200, .says = "\"deployedImage\":\"x:1\"",
     .shape = SHAPE_PROJECT("")},

    {"evaluation.post", "POST", EVAL, .body = "{}", .status = 200, .shape = "{keptnContext:u}",
     .keep = "EVAL=keptnContext"},
    {"evaluation.post", "GET",
     "/mongodb-datastore/event?keptnContext=$EVAL&type=sh.keptn.event.qa.evaluation.triggered", .status = 200,
     .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}", .wait = true},
    {"evaluation.post", "POST", C "/project/nothing/stage/qa/service/helloservice/evaluation", .body = "{}",
     .status = 400, .shape = "{code:2,message:'project not found'}"},
    {"evaluation.post", "POST", C "/project/fulltour/stage/nothing/service/helloservice/evaluation",
     .body = "{}", .status = 400, .shape = "{code:2,message:'stage not found'}"},
    {"evaluation.post", "POST", C "/project/fulltour/stage/qa/service/nothing/evaluation", .body = "{}",
     .status = 400, .shape = "{code:2,message:'service not found'}"},
    {"evaluation.post", "POST", EVAL, .body = "{\"end\":\"2023-05-04T10:00:00\"}", .status = 400,
     .says = "Invalid request format: "},
    {"evaluation.post", "POST", EVAL,
     .body = "{\"start\":\"2023-05-04T10:00:00\",\"end\":\"2023-05-04T10:00:30\"}", .status = 400,
     .says = "end date must be at least 1 minute after start date"},
    {"evaluation.post", "POST", EVAL,
     .body = "{\"start\":\"2023-05-04T10:00:00\",\"end\":\"2023-05-04T10:05:00\",\"timeframe\":\"5m\"}",
     .status = 400, .says = "Invalid request format: "},
    {"evaluation.post", "POST", EVAL,
     .body = "{\"start\":\"2023-05-04T10:00:00\",\"timeframe\":\"5m\",\"labels\":{\"a\":\"b\"}}",
     .status = 200, .shape = "{keptnContext:u}", .keep = "EVAL=keptnContext"},
    {"evaluation.post", "GET",
     "/mongodb-datastore/event?keptnContext=$EVAL&type=sh.keptn.event.qa.evaluation.triggered", .status = 200,
     .says = "\"end\":\"2023-05-04T10:05:00.000Z\"",
     .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}", .wait = true},
    {"sequence.list", "GET", C "/sequence/fulltour?keptnContext=$SECOND&name=&state=", .status = 200,
     .shape = "{states:[" SHAPE_STATE("") "],totalCount:1}", .keep = "TIME=states.0.time"},
    {"sequence.times", "GET", C "/sequence/fulltour?keptnContext=$SECOND&fromTime=$TIME", .status = 200,
     .shape = "{states:[]}"},
    {"sequence.times", "GET", C "/sequence/fulltour?keptnContext=$SECOND&beforeTime=$TIME", .status = 200,
     .shape = "{states:[]}"},
    {"event.task", "POST", "/v1/event",
     .body = "{\"type\":\"sh.keptn.event.qa.unheard.triggered\",\"source\":\"cli\"," DATA "}}", .status = 200,
     .shape = "{keptnContext:u}", .keep = "UNHEARD=keptnContext"},
    {"event.task", "GET",
     "/mongodb-datastore/event?keptnContext=$UNHEARD&type=sh.keptn.event.qa.unheard.finished", .status = 200,
     .says = "\"status\":\"errored\"", .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}",
     .wait = true},
};

static void prepare(struct world *w)
{
    world_project(w,
                  "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
                  "    - name: qa\n      sequences:\n        - name: delivery\n"
                  "          tasks: [{name: deployment}]\n",
                  NULL);
}

CONTRACT_MAIN(rows, prepare)
