-- A store of schema 1, as drawbridged 0.1.0 left it: a project, a service, a sequence that waits for approval.
PRAGMA application_id = 1148346994;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE audit(row INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, who TEXT, what TEXT, project TEXT, origin TEXT, why TEXT);
INSERT INTO "audit" VALUES(1,1795495957925683190,'drawbridged','create token',NULL,'','admin');
INSERT INTO "audit" VALUES(2,1795495958930020726,'admin','create project','p','127.0.0.1','');
INSERT INTO "audit" VALUES(3,1795495958950139409,'admin','create service','p','127.0.0.1','web');
CREATE TABLE decisions(row INTEGER PRIMARY KEY, triggeredid TEXT, event_id TEXT, decisionid TEXT, project TEXT, context TEXT, by TEXT, via TEXT, result TEXT, comment TEXT, time_ns INTEGER NOT NULL);
CREATE TABLE deployed(project TEXT, service TEXT, stage TEXT, image TEXT, PRIMARY KEY(project, service, stage)) WITHOUT ROWID;
CREATE TABLE events(number INTEGER PRIMARY KEY, id TEXT, type TEXT NOT NULL, source TEXT, context TEXT, triggeredid TEXT, project TEXT, stage TEXT, service TEXT, result TEXT, image TEXT, time_ns INTEGER NOT NULL, internal INTEGER NOT NULL, root INTEGER NOT NULL, text TEXT NOT NULL);
INSERT INTO "events" VALUES(1,'9a442341-efad-4132-9a90-e4592372c04a','sh.keptn.event.qa.delivery.triggered','t','3be8b7d3-160b-41ca-9689-d940c261de0a',NULL,'p','qa','web',NULL,NULL,1795495958960267602,0,1,'{"specversion":"1.0","datacontenttype":"application/json","id":"9a442341-efad-4132-9a90-e4592372c04a","source":"t","type":"sh.keptn.event.qa.delivery.triggered","time":"2026-11-24T04:52:38.960267602Z","shkeptncontext":"3be8b7d3-160b-41ca-9689-d940c261de0a","data":{"project":"p","stage":"qa","service":"web"}}');
INSERT INTO "events" VALUES(2,'6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2','sh.keptn.event.approval.triggered','shipyard-controller','3be8b7d3-160b-41ca-9689-d940c261de0a',NULL,'p','qa','web',NULL,NULL,1795495958964562241,0,0,'{"specversion":"1.0","datacontenttype":"application/json","id":"6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2","source":"shipyard-controller","type":"sh.keptn.event.approval.triggered","time":"2026-11-24T04:52:38.964562241Z","shkeptncontext":"3be8b7d3-160b-41ca-9689-d940c261de0a","gitcommitid":"ce6776045742051712eea83fa8671966c1d9d0a0","shkeptnspecversion":"0.2.4","shipyardcommit":"799624fef2efb9079ce9cec961bc7a1d214a429a","data":{"project":"p","stage":"qa","service":"web","approval":{"pass":"manual","warning":"manual"}}}');
INSERT INTO "events" VALUES(3,'99f75dbc-c709-48bb-b50a-9d715fb64569','sh.keptn.event.approval.started','approval-service','3be8b7d3-160b-41ca-9689-d940c261de0a','6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2','p','qa','web',NULL,NULL,1795495958964673366,0,0,'{"specversion":"1.0","datacontenttype":"application/json","id":"99f75dbc-c709-48bb-b50a-9d715fb64569","source":"approval-service","type":"sh.keptn.event.approval.started","time":"2026-11-24T04:52:38.964673366Z","shkeptncontext":"3be8b7d3-160b-41ca-9689-d940c261de0a","triggeredid":"6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2","shkeptnspecversion":"0.2.4","data":{"project":"p","stage":"qa","service":"web","status":"succeeded","message":"Approval strategy for result '''': manual"}}');
CREATE TABLE jobs(id TEXT PRIMARY KEY, project TEXT, stage TEXT, service TEXT, context TEXT, task TEXT, state TEXT NOT NULL, log_path TEXT, pid INTEGER NOT NULL, start_time INTEGER NOT NULL);
CREATE TABLE last_events(project TEXT, service TEXT, stage TEXT, type TEXT, event_id TEXT, context TEXT, time_ns INTEGER NOT NULL, PRIMARY KEY(project, service, stage, type)) WITHOUT ROWID;
INSERT INTO "last_events" VALUES('p','web','qa','sh.keptn.event.approval.started','99f75dbc-c709-48bb-b50a-9d715fb64569','3be8b7d3-160b-41ca-9689-d940c261de0a',1795495958964673366);
INSERT INTO "last_events" VALUES('p','web','qa','sh.keptn.event.approval.triggered','6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2','3be8b7d3-160b-41ca-9689-d940c261de0a',1795495958964562241);
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('epoch','81a86ea2c802a2b1');
CREATE TABLE open_events(id TEXT PRIMARY KEY, number INTEGER NOT NULL, type TEXT NOT NULL, project TEXT);
INSERT INTO "open_events" VALUES('9a442341-efad-4132-9a90-e4592372c04a',1,'sh.keptn.event.qa.delivery.triggered','p');
INSERT INTO "open_events" VALUES('6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2',2,'sh.keptn.event.approval.triggered','p');
CREATE TABLE pending(consumer INTEGER, number INTEGER, PRIMARY KEY(consumer, number)) WITHOUT ROWID;
CREATE TABLE projects(name TEXT PRIMARY KEY, shipyard TEXT, shipyard_version TEXT, upstream TEXT, upstream_user TEXT, stages TEXT, created_ns INTEGER NOT NULL, events_after INTEGER NOT NULL);
INSERT INTO "projects" VALUES('p','apiVersion: "spec.keptn.sh/0.2.2"
kind: "Shipyard"
metadata:
  name: "s"
spec:
  stages:
    - name: "qa"
      sequences:
        - name: "delivery"
          tasks:
            - name: "approval"
              properties:
                pass: "manual"
                warning: "manual"
','spec.keptn.sh/0.2.2',NULL,NULL,'[{"stageName":"qa"}]',1795495958930010260,0);
CREATE TABLE records(row INTEGER PRIMARY KEY, project TEXT NOT NULL, context TEXT NOT NULL, open INTEGER NOT NULL, name TEXT, service TEXT, state TEXT, time_ns INTEGER NOT NULL, view TEXT, record TEXT, UNIQUE(project, context));
INSERT INTO "records" VALUES(1,'p','3be8b7d3-160b-41ca-9689-d940c261de0a',1,'delivery','web','started',1795495958960000000,'{"name":"delivery","service":"web","project":"p","time":"2026-11-24T04:52:38.960Z","shkeptncontext":"3be8b7d3-160b-41ca-9689-d940c261de0a","state":"started","stages":[{"name":"qa","state":"triggered","shipyardcommit":"799624fef2efb9079ce9cec961bc7a1d214a429a","latestEvent":{"type":"sh.keptn.event.approval.started","id":"99f75dbc-c709-48bb-b50a-9d715fb64569","time":"2026-11-24T04:52:38.964Z"}}]}','{"version":1,"project":"p","context":"3be8b7d3-160b-41ca-9689-d940c261de0a","state":{"name":"delivery","service":"web","project":"p","time":"2026-11-24T04:52:38.960Z","shkeptncontext":"3be8b7d3-160b-41ca-9689-d940c261de0a","state":"started","stages":[{"name":"qa","state":"triggered","shipyardcommit":"799624fef2efb9079ce9cec961bc7a1d214a429a","latestEvent":{"type":"sh.keptn.event.approval.started","id":"99f75dbc-c709-48bb-b50a-9d715fb64569","time":"2026-11-24T04:52:38.964Z"}}]},"pausedStages":[],"expected":[],"refused":[],"executions":[{"_id":"9a442341-efad-4132-9a90-e4592372c04a","schemaVersion":"1","triggeredAt":"2026-11-24T04:52:38.964562241Z","inputProperties":{"project":"p","stage":"qa","service":"web"},"sequence":{"name":"delivery","tasks":[{"name":"approval","properties":{"pass":"manual","warning":"manual"}}]},"scope":{"project":"p","stage":"qa","service":"web","keptnContext":"3be8b7d3-160b-41ca-9689-d940c261de0a","triggeredId":"9a442341-efad-4132-9a90-e4592372c04a","gitcommitid":"ce6776045742051712eea83fa8671966c1d9d0a0","eventType":"sh.keptn.event.qa.delivery.triggered"},"status":{"state":"waitingForApproval","stateBeforePause":"","previousTasks":[],"currentTask":{"name":"approval","triggeredID":"6bd68b5f-37b3-4d7a-bc2c-6d697c2e9bb2","events":[{"id":"99f75dbc-c709-48bb-b50a-9d715fb64569","eventType":"sh.keptn.event.approval.started","source":"approval-service","status":"succeeded","time":"2026-11-24T04:52:38.964684543Z"}],"index":0,"queuedAt":"2026-11-24T04:52:38.964562241Z","sentAt":"2026-11-24T04:52:38.964562241Z","due":true,"sent":true,"referred":true}},"eventTime":"2026-11-24T04:52:38.960267602Z","shipyardcommit":"799624fef2efb9079ce9cec961bc7a1d214a429a"}]}');
CREATE TABLE services(project TEXT, name TEXT, created_ns INTEGER NOT NULL, PRIMARY KEY(project, name)) WITHOUT ROWID;
INSERT INTO "services" VALUES('p','web',1795495958950139409);
CREATE TABLE tokens(name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, projects TEXT, expires_ns INTEGER NOT NULL);
INSERT INTO "tokens" VALUES('admin','admin','dcb7e31d9268fc0235ae661acf6ff5e267104bacc5c3f611a991af5a714ddc2f',NULL,0);
CREATE INDEX events_id ON events(id);
CREATE INDEX events_context ON events(context);
CREATE INDEX events_triggeredid ON events(triggeredid) WHERE triggeredid IS NOT NULL;
CREATE INDEX events_project ON events(project) WHERE internal = 0;
CREATE INDEX events_project_type ON events(project, type) WHERE internal = 0;
CREATE INDEX events_type ON events(type) WHERE internal = 0;
CREATE INDEX events_root ON events(project) WHERE root = 1;
CREATE INDEX open_events_type ON open_events(type, number);
CREATE INDEX records_time ON records(project, time_ns);
CREATE INDEX records_open ON records(open) WHERE open = 1;
CREATE INDEX decisions_triggeredid ON decisions(triggeredid);
CREATE INDEX jobs_open ON jobs(state) WHERE state <> 'ended';
CREATE INDEX audit_project ON audit(project);
COMMIT;