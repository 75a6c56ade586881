noinst_LTLIBRARIES += libjobs.la
libjobs_la_SOURCES = %D%/jobs.c %D%/jobs.h
pkglibexec_PROGRAMS += jobshim
jobshim_SOURCES = %D%/jobshim.c
