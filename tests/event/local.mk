# tests of event
