# tests of jobs
