/* Integrations and their log (keptn-api.md, section 3). */
#include "config.h"

#include "contract/contract.h"
#include "contract/shapes.h"

#define C   "/controlPlane/v1"
#define REG C "/uniform/registration"
#define ECHO(name, version)                                                                                  \
    "{\"name\":\"" name "\",\"metadata\":{\"hostname\":\"node-1\",\"integrationversion\":\"" version         \
    "\",\"distributorversion\":\"0.15\",\"location\":\"remote\",\"kubernetesmetadata\":{\"namespace\":"      \
    "\"keptn\"}},\"subscriptions\":[{\"event\":\"sh.keptn.event.echo.triggered\",\"filter\":{\"projects\":"  \
    "[],\"stages\":[\"qa\"],\"services\":null}}]}"
#define LOG "{integrationid:s,message:s,time:t,shkeptncontext?:s,task?:s,triggeredid?:s,gitcommitid?:s}"

static const struct contract_row rows[] = {
    {"uniform.list", "GET", REG, .status = 200, .shape = "[]"},
    {"uniform.post", "POST", REG, .body = ECHO("echo", "1.0"), .status = 201, .shape = "{id:h}",
     .keep = "ID=id"},
    {"uniform.post", "POST", REG, .body = ECHO("echo", "1.1"), .status = 200, .says = "$ID",
     .shape = "{id:'376133e1afbde24819a3ce293f19ddcaaef9c6f3'}"},
    {"uniform.post", "POST", REG, .body = ECHO("", "1"), .status = 400, .shape = "{code:400,message:s}"},
    {"uniform.post", "POST", REG, .body = "{\"name\":\"x\",\"metadata\":{\"hostname\":\"h\"}}", .status = 400,
     .shape = "{code:400,message:s}"},
    {"uniform.post", "POST", REG,
     .body = "{\"name\":\"x\",\"metadata\":{\"kubernetesmetadata\":{\"namespace\":\"k\"}}}", .status = 400,
     .shape = "{code:400,message:s}"},
    {"uniform.list", "GET", REG, .status = 200, .says = "\"integrationversion\":\"1.1\"",
     .shape = "[" SHAPE_INTEGRATION("") "]"},
    {"uniform.list", "GET", REG "?id=$ID&name=echo&namespace=keptn&hostname=node-1", .status = 200,
     .says = "$ID", .shape = "[" SHAPE_INTEGRATION("") "]"},
    {"uniform.list", "GET", REG "?stage=qa", .status = 200, .says = "$ID"},
    {"uniform.list", "GET", REG "?name=other", .status = 200, .shape = "[]"},
    {"uniform.list", "GET", REG "?hostname=other", .status = 200, .shape = "[]"},
    {"uniform.ping", "PUT", REG "/$ID/ping", .status = 200, .shape = SHAPE_INTEGRATION("")},
    {"uniform.ping", "PUT", REG "/unknown/ping", .status = 404, .says = "uniform integration not found",
     .shape = "{code:404,message:s}"},

    {"subscription.list", "GET", REG "/$ID/subscription", .status = 200,
     .says = "\"filter\":{\"projects\":[],\"stages\":[\"qa\"],\"services\":null}",
     .shape = "[" SHAPE_SUBSCRIPTION "]", .keep = "FIRST=0.id"},
    {"subscription.list", "GET", REG "/unknown/subscription", .status = 404,
     .says = "mongo: no documents in result"},
    {"subscription.post", "POST", REG "/$ID/subscription",
     .body = "{\"event\":\"sh.keptn.event.b.triggered\",\"filter\":{\"projects\":[\"p\"]}}", .status = 201,
     .shape = "{id:u}", .keep = "SUB=id"},
    {"subscription.post", "POST", REG "/unknown/subscription", .body = "{\"event\":\"sh.keptn.event.b\"}",
     .status = 404, .says = "mongo: no documents in result"},
    {"subscription.get", "GET", REG "/$ID/subscription/$SUB", .status = 200,
     .says = "\"event\":\"sh.keptn.event.b.triggered\"", .shape = SHAPE_SUBSCRIPTION},
    {"subscription.get", "GET", REG "/$ID/subscription/unknown", .status = 404,
     .says = "mongo: no documents in result"},
    {"subscription.put", "PUT", REG "/$ID/subscription/$SUB",
     .body = "{\"event\":\"sh.keptn.event.c.triggered\",\"filter\":{}}", .status = 201, .says = "$SUB",
     .shape = "{id:u}"},
    {"subscription.put", "PUT", REG "/$ID/subscription/0e6dcb1c-6a30-4d6b-8d5f-0123456789ab",
     .body = "{\"event\":\"sh.keptn.event.d.triggered\"}", .status = 201,
     .shape = "{id:'0e6dcb1c-6a30-4d6b-8d5f-0123456789ab'}"},
    {"subscription.put", "PUT", REG "/unknown/subscription/$SUB", .body = "{\"event\":\"sh.keptn.event.c\"}",
     .status = 500, .shape = "{code:500,message:s}"},
    {"subscription.delete", "DELETE", REG "/$ID/subscription/$SUB", .status = 200, .shape = "{}"},
    {"subscription.delete", "DELETE", REG "/$ID/subscription/$FIRST", .status = 200, .shape = "{}"},
    {"subscription.delete", "DELETE", REG "/$ID/subscription/0e6dcb1c-6a30-4d6b-8d5f-0123456789ab",
     .status = 200, .shape = "{}"},
    {"subscription.delete", "DELETE", REG "/unknown/subscription/$SUB", .status = 500,
     .shape = "{code:500,message:s}"},
    {"subscription.list", "GET", REG "/$ID/subscription", .status = 200, .shape = "null|[]"},
    {"uniform.delete", "DELETE", REG "/$ID", .status = 200, .shape = "{}"},
    {"uniform.delete", "DELETE", REG "/$ID", .status = 200, .shape = "{}"},
    {"uniform.list", "GET", REG "?id=$ID", .status = 200, .shape = "[]"},

    {"log.get", "GET", C "/log", .status = 200, .shape = "{logs:[]}"},
    {"log.post", "POST", C "/log",
     .body = "{\"logs\":[{\"integrationid\":\"i\",\"message\":\"old\",\"time\":\"2023-05-04T10:00:00.5Z\","
             "\"shkeptncontext\":\"c\",\"task\":\"echo\",\"triggeredid\":\"t\",\"gitcommitid\":\"g\"}]}",
     .status = 200, .shape = "{}"},
    {"log.post", "POST", C "/log",
     .body = "{\"logs\":[{\"integrationid\":\"i\",\"message\":\"m\",\"time\":\"0001-01-01T00:00:00Z\","
             "\"shkeptncontext\":\"c\"},{\"integrationid\":\"j\",\"message\":\"n\"}]}",
     .status = 200, .shape = "{}"},
    {"log.post", "POST", C "/log", .body = "{\"logs\":", .status = 400, .shape = "{code:400,message:s}"},
    {"log.get", "GET", C "/log", .status = 200, .shape = "{logs:[" LOG "],totalCount:n}"},
    {"log.get", "GET", C "/log?integrationId=i&fromTime=2024-01-01T00:00:00.000Z", .status = 200,
     .says = "\"message\":\"m\"", .shape = "{logs:[" LOG "],totalCount:1}"},
    {"log.paging", "GET", C "/log?pageSize=1&fromTime=2024-01-01T00:00:00.000Z", .status = 200,
     .shape = "{logs:[" LOG "],nextPageKey:1,totalCount:2}"},
    {"log.paging", "GET", C "/log?pageSize=1&nextPageKey=1&fromTime=2024-01-01T00:00:00.000Z", .status = 200,
     .shape = "{logs:[" LOG "],totalCount:2}"},
    {"log.get", "GET", C "/log?beforeTime=2000-01-01T00:00:00.000Z", .status = 200, .shape = "{logs:[]}"},
    {"log.get", "GET", C "/log?fromTime=yesterday", .status = 404, .shape = "{code:404,message:s}"},
    {"log.post", "POST", C "/log",
     .body =
         "{\"logs\":[{\"integrationid\":\"k\",\"message\":\"ahead\",\"time\":\"2099-05-04T10:00:00.5Z\"}]}",
     .status = 200, .shape = "{}"},
    {"log.get", "GET",
     C "/log?integrationId=k&fromTime=2099-05-04T10:00:00.500Z&beforeTime=2099-05-04T10:00:00.500Z",
     .status = 200, .says = "\"message\":\"ahead\"", .shape = "{logs:[" LOG "],totalCount:1}"},
    {"log.get", "GET", C "/log?pageSize=x&nextPageKey=x&integrationId=", .status = 200,
     .shape = "{logs:[" LOG "],totalCount:3}"},
    {"log.paging", "GET", C "/log?nextPageKey=99", .status = 200, .shape = "{logs:[],totalCount:3}"},
    {"uniform.post", "POST", REG,
     .body = "{\"name\":\"bare\",\"metadata\":{\"hostname\":\"h\",\"kubernetesmetadata\":{\"namespace\":"
             "\"k\"}}}",
     .status = 201, .shape = "{id:h}", .keep = "BARE=id"},
    {"subscription.list", "GET", REG "/$BARE/subscription", .status = 200, .shape = "null"},
    {"uniform.post", "POST", REG,
     .body = "{\"name\":\"bare\",\"metadata\":{\"hostname\":\"h2\",\"kubernetesmetadata\":{\"namespace\":"
             "\"k\"}},\"subscriptions\":[{\"event\":\"sh.keptn.event.x.triggered\"}]}",
     .status = 200, .says = "$BARE", .shape = "{id:h}"},
    {"subscription.list", "GET", REG "/$BARE/subscription", .status = 200,
     .says = "\"event\":\"sh.keptn.event.x.triggered\"", .shape = "[" SHAPE_SUBSCRIPTION "]"},
    {"uniform.list", "GET", REG "?id=$BARE", .status = 200, .shape = "[" SHAPE_INTEGRATION("") "]"},
};

CONTRACT_MAIN(rows, NULL)
