/* tests/contract/shapes.h: the answers of keptn-api.md as patterns (contract.h), for ours and for recorded
 * ones. `newer` is "" or "?": whether what releases before 1.4 do not answer may be absent. */
#ifndef CONTRACT_SHAPES_H
#define CONTRACT_SHAPES_H

#define SHAPE_FAULT(code) "{code:" code ",message:s}"

/* shipyardcommit is drawbridge's own. */
#define SHAPE_EVENT(newer)                                                                                   \
    "{id:u,specversion:'1.0',source:s,type:s,time:t,contenttype" newer ":'application/json',"                \
    "shkeptncontext:u,shkeptnspecversion?:s,triggeredid?:u,gitcommitid?:h,shipyardcommit?:h,"                \
    "extensions?:{...},data:{...}}"

#define SHAPE_BRIEF "{type:s,id:u,time:ms}"
#define SHAPE_STATE(newer)                                                                                   \
    "{name:s,service:s,project:s,time:ms,shkeptncontext:u,state:'triggered'|'waiting'|'started'|'paused'|"   \
    "'finished'|'aborted'|'timedOut',problemTitle?:s,stages:[{name:s,state" newer ":''|'triggered'|"         \
    "'succeeded'|'errored'|'aborted'|'unknown'|'paused'|'started',image?:s,latestEvaluation?:{result:s,"     \
    "score:n},latestEvent?:" SHAPE_BRIEF ",latestFailedEvent?:" SHAPE_BRIEF ",shipyardcommit?:h}]}"

#define SHAPE_SERVICE(newer)                                                                                 \
    "{serviceName:s,creationDate:ns,deployedImage?:s,openRemediations" newer ":null,lastEventTypes?:{+:"     \
    "{eventId:u,keptnContext:u,time:ns}}}"
#define SHAPE_STAGE(newer) "{stageName:s,parentStages?:[s],services:[" SHAPE_SERVICE(newer) "]}"
#define SHAPE_PROJECT(newer)                                                                                 \
    "{projectName:s,creationDate:ns,shipyard:s,shipyardVersion:s,isUpstreamAutoProvisioned" newer            \
    ":b,gitCredentials?:{remoteURL:s,user?:s,https?:{...}},stages:[" SHAPE_STAGE(newer) "]}"

#define SHAPE_SUBSCRIPTION "{id:u,event:s,filter:{projects:[s]|null,stages:[s]|null,services:[s]|null}}"
/* older: keys that 1.4 does not answer any more, each with a comma before it. */
#define SHAPE_INTEGRATION(older)                                                                             \
    "{id:h,name:s,metadata:{hostname:s,integrationversion:s,distributorversion:s,location:s,lastseen:t,"     \
    "kubernetesmetadata:{namespace:s,podname:s,deploymentname:s}},subscriptions:[" SHAPE_SUBSCRIPTION        \
    "]|null" older "}"

#endif
