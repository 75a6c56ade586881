/* Keptn's gateway and api-service (keptn-api.md, sections 1 and 2), and the event store (section 5). */
#include "config.h"

#include "contract/contract.h"
#include "contract/shapes.h"
#include "support/world.h"

#define M       "/mongodb-datastore"
#define OF_TYPE M "/event/type/sh.keptn.event.qa.delivery.triggered"
#define EVENTS  "{events:[" SHAPE_EVENT("") "],nextPageKey?:s,pageSize:n,totalCount?:n}"
#define FORBIDS "<html>"
#define TRIGGER(more)                                                                                        \
    "{\"type\":\"sh.keptn.event.qa.delivery.triggered\",\"source\":\"bridge\",\"contenttype\":"              \
    "\"application/json\"," more "\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\",\"service\":"          \
    "\"helloservice\"}}"

static const struct contract_row rows[] = {
    {"auth.any", "POST", "/v1/auth", .status = 200, .says = ""},
    {"auth.any", "GET", "/v1/auth", .status = 200, .says = ""},
    {"auth.any", "DELETE", "/v1/auth", .status = 200, .says = ""},
    {"auth.any", "GET", "//v1//auth", .status = 200, .says = ""},
    {"health.get", "GET", "/health", .status = 200, .says = ""},
    {"health.get", "GET", "/nginx-health", .status = 200, .says = "OK"},
    {"metadata.get", "GET", "/v1/metadata", .status = 200,
     .shape = "{namespace:'keptn',keptnversion:'1.4.5',keptnlabel:'keptn',bridgeversion:'N/A',"
              "shipyardversion:'0.2.0',automaticprovisioning:b}"},
    {"gateway.unknown", "GET", "/nothing/v1", .status = 404, .shape = "{code:404,message:s}"},
    {"gateway.blocked", "DELETE", "/controlPlane/v1/log", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "POST", M "/event", .body = "{}", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "PUT", M "/event", .body = "{}", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "DELETE", M "/event", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "GET", M "/health", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "POST", "/statistics/v1/event", .body = "{}", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "GET", "/resource-service/v1/health", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "GET", "/resource-service/v1/project/fulltour", .status = 403, .says = FORBIDS},
    {"gateway.blocked", "DELETE", "/resource-service/v1/project/fulltour/resource", .status = 405,
     .shape = "{code:405,message:s}"},
    {"gateway.query", "GET", "/controlPlane/v1/project?disableUpstreamSync=true&pageSize=", .status = 200,
     .shape = "{projects:[{...}],nextPageKey:'0',totalCount:1}"},

    {"event.post", "POST", "/v1/event",
     .body = "{\"contenttype\":\"application/json\",\"source\":\"bridge\",\"type\":"
             "\"sh.keptn.event.qa.delivery.triggered\",\"data\":{\"project\":\"fulltour\",\"stage\":\"qa\","
             "\"service\":\"helloservice\"}}",
     .status = 200, .shape = "{keptnContext:u}", .keep = "BRIDGE=keptnContext"},
    {"event.post", "POST", "/v1/event",
     .body = TRIGGER("\"shkeptncontext\":\"6d1a5e4b-9d3c-4f8a-8b7e-0123456789ab\",\"id\":\"x\",\"time\":"
                     "\"0001-01-01T00:00:00Z\",\"specversion\":\"0.2\","),
     .status = 200, .shape = "{keptnContext:'6d1a5e4b-9d3c-4f8a-8b7e-0123456789ab'}"},
    {"event.post", "GET",
     M "/event?keptnContext=6d1a5e4b-9d3c-4f8a-8b7e-0123456789ab&type=sh.keptn.event.qa.delivery.triggered",
     .status = 200, .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}"},
    {"event.post", "POST", "/v1/event", .body = TRIGGER("\"shkeptncontext\":\"hello\","), .status = 200,
     .shape = "{keptnContext:'68656c6c-6f20-4020-a020-202020202020'}"},
    {"event.post", "POST", "/v1/event", .body = "{\"source\":\"x\",\"data\":{}}", .status = 422,
     .says = "type in body is required", .shape = "{code:602,message:s}"},
    {"event.post", "POST", "/v1/event", .body = "{\"type\":\"sh.keptn.event.x\",\"data\":{}}", .status = 422,
     .says = "source in body is required", .shape = "{code:602,message:s}"},
    {"event.post", "POST", "/v1/event", .body = "{\"type\":\"sh.keptn.event.x\",\"source\":\"x\"}",
     .status = 422, .says = "data in body is required", .shape = "{code:602,message:s}"},
    {"event.post", "POST", "/v1/event", .body = "{", .status = 400, .shape = "{code:n,message:s}"},

    {"store.events", "GET", M "/event?keptnContext=$BRIDGE&project=fulltour", .status = 200, .shape = EVENTS},
    {"store.events", "GET", M "/event?keptnContext=$BRIDGE", .status = 200, .shape = EVENTS},
    {"store.events", "GET", M "/event?project=fulltour&keptnContext=&stage=qa&service=helloservice",
     .status = 200, .shape = EVENTS},
    {"store.events", "GET", M "/event?project=nothing", .status = 200, .shape = "{events:[],pageSize:20}"},
    {"store.events", "GET", M "/event?project=fulltour&source=bridge&root=true&pageSize=1", .status = 200,
     .shape = "{events:[" SHAPE_EVENT("") "],nextPageKey:'1',pageSize:1,totalCount:3}"},
    {"store.paging", "GET", M "/event?project=fulltour&root=true&pageSize=1&nextPageKey=2", .status = 200,
     .shape = "{events:[" SHAPE_EVENT("") "],pageSize:1,totalCount:3}"},
    {"store.paging", "GET", M "/event?project=fulltour&root=true&nextPageKey=300", .status = 200,
     .shape = "{events:[],pageSize:20,totalCount:3}"},
    {"store.paging", "GET", M "/event?project=fulltour&root=true&nextPageKey=x", .status = 200,
     .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:3}"},
    {"store.paging", "GET", M "/event?project=fulltour&pageSize=0", .status = 422,
     .shape = "{code:n,message:s}"},
    {"store.paging", "GET", M "/event?project=fulltour&pageSize=101", .status = 422,
     .shape = "{code:n,message:s}"},
    {"store.times", "GET", M "/event?project=fulltour&fromTime=0001-01-01T00:00:00.000Z&root=1",
     .status = 200, .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:3}"},
    {"store.times", "GET", M "/event?project=fulltour&fromTime=2100-01-01T00:00:00.000Z", .status = 200,
     .shape = "{events:[],pageSize:20}"},
    {"store.times", "GET", M "/event?project=fulltour&beforeTime=2000-01-01T00:00:00.000Z", .status = 200,
     .shape = "{events:[],pageSize:20}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour%20AND%20shkeptncontext:$BRIDGE,x&limit=1",
     .status = 200, .says = "$BRIDGE", .shape = "{events:[" SHAPE_EVENT("") "]}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour&excludeInvalidated=true", .status = 200,
     .shape = "{events:[" SHAPE_EVENT("") "]}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour%20AND%20data.stage:production",
     .status = 200, .shape = "{events:[]}"},
    {"store.type", "GET", OF_TYPE, .status = 422, .shape = "{code:n,message:s}"},
    {"store.type", "GET", OF_TYPE "?filter=source:bridge", .status = 400, .says = "invalid event filter: "},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour&limit=101", .status = 422,
     .shape = "{code:n,message:s}"},

    {"secret.all", "POST", "/secrets/v1/secret",
     .body = "{\"name\":\"creds\",\"scope\":\"keptn-default\",\"data\":{\"a\":\"b\"}}", .status = 201,
     .shape = "{name:'creds',scope:'keptn-default',keys?:[s],...}"},
    {"secret.all", "GET", "/secrets/v1/secret", .status = 200,
     .shape = "{Secrets:[{name:'creds',scope:'keptn-default',keys:['a']}]}"},
    {"secret.all", "DELETE", "/secrets/v1/secret?name=creds&scope=keptn-default", .status = 200, .says = ""},
    {"secret.all", "DELETE", "/secrets/v1/secret?name=creds&scope=keptn-default", .status = 404,
     .says = ": secret not found"},
    {"secret.all", "GET", "/secrets/v1/scope", .status = 200, .shape = "{scopes:['keptn-default']}"},
    {"store.events", "GET",
     M "/event?project=fulltour&eventID=&keptnContext=$BRIDGE&type=sh.keptn.event.qa.delivery.triggered",
     .status = 200, .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}",
     .keep = "EVENT=events.0.id"},
    {"store.events", "GET", M "/event?project=fulltour&eventID=$EVENT", .status = 200, .says = "$EVENT",
     .shape = "{events:[" SHAPE_EVENT("") "],pageSize:20,totalCount:1}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour%20AND%20id:$EVENT,x%20AND%20a:b:c",
     .status = 200, .says = "$EVENT", .shape = "{events:[" SHAPE_EVENT("") "]}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour%20AND%20source:cli", .status = 200,
     .shape = "{events:[]}"},
    {"store.type", "GET", OF_TYPE "?filter=data.project:fulltour&limit=0", .status = 422,
     .shape = "{code:n,message:s}"},
    {"store.events", "GET", M "/event", .status = 200, .shape = "{events:[],pageSize:20}"},
};

static void prepare(struct world *w)
{
    world_project(
        w,
        "apiVersion: spec.keptn.sh/0.2.2\nkind: Shipyard\nmetadata: {name: s}\nspec:\n  stages:\n"
        "    - name: qa\n      sequences:\n        - name: delivery\n          tasks: [{name: deploy}]\n",
        NULL);
}

CONTRACT_MAIN(rows, prepare)
