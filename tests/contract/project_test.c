/* Projects, stages and services (keptn-api.md, section 3) of a drawbridged that begins empty. */
#include "config.h"

#include "contract/contract.h"
#include "contract/shapes.h"

#define C "/controlPlane/v1"
/* Stages qa, then prod, which comes after it; in base64. */
#define SHIPYARD                                                                                             \
    "YXBpVmVyc2lvbjogc3BlYy5rZXB0bi5zaC8wLjIuMgpraW5kOiBTaGlweWFyZAptZXRhZGF0YToge25hbWU6IHN9CnNwZWM6CiAgc3" \
    "Rh"                                                                                                     \
    "Z2VzOgogICAgLSBuYW1lOiBxYQogICAgICBzZXF1ZW5jZXM6IFt7bmFtZTogZGVsaXZlcnksIHRhc2tzOiBbe25hbWU6IGRlcGxveX" \
    "1d"                                                                                                     \
    "fV0KICAgIC0gbmFtZTogYXBwCiAgICAgIHNlcXVlbmNlczogW3tuYW1lOiBkZWxpdmVyeSwgdHJpZ2dlcmVkT246IFt7ZXZlbnQ6IH" \
    "Fh"                                                                                                     \
    "LmRlbGl2ZXJ5LmZpbmlzaGVkfV0sIHRhc2tzOiBbe25hbWU6IGRlcGxveX1dfV0K"
/* The same with the stage qa only. */
#define SHORTER                                                                                              \
    "YXBpVmVyc2lvbjogc3BlYy5rZXB0bi5zaC8wLjIuMgpraW5kOiBTaGlweWFyZAptZXRhZGF0YToge25hbWU6IHN9CnNwZWM6CiAgc3" \
    "Rh"                                                                                                     \
    "Z2VzOgogICAgLSBuYW1lOiBxYQogICAgICBzZXF1ZW5jZXM6IFt7bmFtZTogZGVsaXZlcnksIHRhc2tzOiBbe25hbWU6IGRlcGxveX" \
    "1d"                                                                                                     \
    "fV0K"

static const struct contract_row rows[] = {
    {"project.list", "GET", C "/project", .status = 200, .shape = "{projects:[],nextPageKey:'0'}"},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"tour\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 201, .says = ""},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"another\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 201, .says = ""},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"tour\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 409, .says = "could not create project 'tour': project already exists",
     .shape = SHAPE_FAULT("409")},
    {"project.post", "POST", C "/project", .body = "{\"name\":", .status = 400,
     .says = "Invalid request format: ", .shape = SHAPE_FAULT("400")},
    {"project.post", "POST", C "/project",
     .body = "{\"name\":\"old\",\"shipyard\":\"" SHIPYARD "\",\"gitRemoteURL\":\"https://x/y\"}",
     .status = 400, .says = "Invalid request format: "},
    {"project.post", "POST", C "/project", .body = "{\"shipyard\":\"" SHIPYARD "\"}", .status = 400,
     .says = "Could not validate payload: project name missing"},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"Tour\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 400, .says = "Could not validate payload: "},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"tour-\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 400, .says = "Could not validate payload: "},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"x\",\"shipyard\":\"%%%\"}", .status = 400,
     .says = "Could not validate payload: could not decode shipyard content"},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"x\",\"shipyard\":\"YQ==\"}", .status = 400,
     .says = "Could not validate payload: provided shipyard file is not valid: "},
    {"project.list", "GET", C "/project", .status = 200,
     .shape = "{projects:[" SHAPE_PROJECT("") "],nextPageKey:'0',totalCount:2}"},
    {"project.list", "GET", C "/project?pageSize=1", .status = 200, .says = "\"projectName\":\"another\"",
     .shape = "{projects:[" SHAPE_PROJECT("") "],nextPageKey:'1',totalCount:2}"},
    {"project.list", "GET", C "/project?pageSize=1&nextPageKey=1", .status = 200,
     .says = "\"projectName\":\"tour\"",
     .shape = "{projects:[" SHAPE_PROJECT("") "],nextPageKey:'0',totalCount:2}"},
    {"project.list", "GET", C "/project?nextPageKey=7", .status = 200,
     .shape = "{projects:[],nextPageKey:'0',totalCount:2}"},
    {"project.get", "GET", C "/project/tour", .status = 200, .says = "apiVersion: spec.keptn.sh/0.2.2\\n",
     .shape = SHAPE_PROJECT("")},
    {"project.get", "GET", C "/project/tour", .status = 200,
     .says = "\"stageName\":\"app\",\"parentStages\":[\"qa\"]"},
    {"project.get", "GET", C "/project/nothing", .status = 404, .says = "Project not found: nothing",
     .shape = SHAPE_FAULT("404")},
    {"project.put", "PUT", C "/project", .body = "{\"name\":\"tour\",\"shipyard\":null}", .status = 201,
     .says = ""},
    {"project.put", "PUT", C "/project", .body = "{\"name\":\"tour\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 201, .says = ""},
    {"project.put", "PUT", C "/project", .body = "{\"name\":\"tour\",\"shipyard\":\"" SHORTER "\"}",
     .status = 400, .says = "stage name cannot be changed or removed"},
    {"project.put", "PUT", C "/project", .body = "{\"name\":\"nothing\"}", .status = 404,
     .says = "project not found", .shape = SHAPE_FAULT("404")},
    {"project.put", "PUT", C "/project", .body = "{\"shipyard\":null}", .status = 400,
     .says = "Could not validate payload: project name missing"},
    {"project.put", "PUT", C "/project", .body = "{\"name\":\"tour\",\"gitUser\":\"u\"}", .status = 400,
     .says = "Invalid request format: "},

    {"stage.list", "GET", C "/project/tour/stage", .status = 200,
     .says = "{\"stages\":[{\"stageName\":\"app\"",
     .shape = "{stages:[" SHAPE_STAGE("") "],nextPageKey:'0',totalCount:2}"},
    {"stage.list", "GET", C "/project/tour/stage?pageSize=1", .status = 200,
     .shape = "{stages:[" SHAPE_STAGE("") "],nextPageKey:'1',totalCount:2}"},
    {"stage.list", "GET", C "/project/nothing/stage", .status = 404, .says = "project not found",
     .shape = SHAPE_FAULT("404")},
    {"stage.get", "GET", C "/project/tour/stage/qa", .status = 200, .shape = SHAPE_STAGE("")},
    {"stage.get", "GET", C "/project/tour/stage/nothing", .status = 404, .says = "stage not found",
     .shape = SHAPE_FAULT("404")},
    {"stage.get", "GET", C "/project/nothing/stage/qa", .status = 404, .says = "project not found"},

    {"service.list", "GET", C "/project/tour/stage/qa/service", .status = 200,
     .shape = "{services:[],nextPageKey:'0'}"},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"web\"}", .status = 200,
     .shape = "{message:''}"},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"api\",\"other\":1}",
     .status = 200, .shape = "{message:''}"},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"web\"}", .status = 409,
     .says = "service already exists", .shape = SHAPE_FAULT("409")},
    {"service.post", "POST", C "/project/tour/service", .body = "{}", .status = 400,
     .shape = SHAPE_FAULT("400")},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"..\"}", .status = 400,
     .shape = SHAPE_FAULT("400")},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"a/b\"}", .status = 400,
     .shape = SHAPE_FAULT("400")},
    {"service.post", "POST", C "/project/tour/service", .body = "{\"serviceName\":\"a&b\"}", .status = 400,
     .shape = SHAPE_FAULT("400")},
    {"service.post", "POST", C "/project/tour/service",
     .body = "{\"serviceName\":\"a12345678901234567890123456789012345678901234\"}", .status = 400,
     .shape = SHAPE_FAULT("400")},
    {"service.post", "POST", C "/project/nothing/service", .body = "{\"serviceName\":\"web\"}", .status = 500,
     .says = "could not get stages of project nothing: project not found", .shape = SHAPE_FAULT("500")},
    {"service.list", "GET", C "/project/tour/stage/app/service", .status = 200,
     .says = "{\"services\":[{\"serviceName\":\"api\"",
     .shape = "{services:[" SHAPE_SERVICE("") "],nextPageKey:'0',totalCount:2}"},
    {"service.list", "GET", C "/project/tour/stage/qa/service?pageSize=1", .status = 200,
     .shape = "{services:[" SHAPE_SERVICE("") "],nextPageKey:'1',totalCount:2}"},
    {"service.list", "GET", C "/project/tour/stage/nothing/service", .status = 404,
     .says = "stage not found"},
    {"service.list", "GET", C "/project/nothing/stage/qa/service", .status = 404,
     .says = "project not found"},
    {"service.get", "GET", C "/project/tour/stage/qa/service/web", .status = 200, .shape = SHAPE_SERVICE("")},
    {"service.get", "GET", C "/project/tour/stage/qa/service/nothing", .status = 404,
     .says = "service not found", .shape = SHAPE_FAULT("404")},
    {"service.get", "GET", C "/project/tour/stage/nothing/service/web", .status = 404,
     .says = "stage not found"},
    {"service.delete", "DELETE", C "/project/tour/service/web", .status = 200, .shape = "{message:''}"},
    {"service.delete", "DELETE", C "/project/tour/service/web", .status = 200, .shape = "{message:''}"},
    {"service.get", "GET", C "/project/tour/stage/qa/service/web", .status = 404,
     .says = "service not found"},

    {"project.delete", "DELETE", C "/project/tour", .status = 200, .shape = "{message:s}"},
    {"project.delete", "DELETE", C "/project/tour", .status = 200, .shape = "{message:s}"},
    {"project.get", "GET", C "/project/tour", .status = 404, .says = "Project not found: tour"},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"x\"}", .status = 400,
     .says = "Could not validate payload: "},
    {"project.post", "POST", C "/project", .body = "{\"name\":\"1x\",\"shipyard\":\"" SHIPYARD "\"}",
     .status = 400, .says = "Could not validate payload: "},
    {"project.list", "GET", C "/project?pageSize=x&nextPageKey=", .status = 200,
     .shape = "{projects:[" SHAPE_PROJECT("") "],nextPageKey:'0',totalCount:1}"},
    {"service.delete", "DELETE", C "/project/another/service/never", .status = 200, .shape = "{message:''}"},
};

CONTRACT_MAIN(rows, NULL)
