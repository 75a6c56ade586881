noinst_LTLIBRARIES += libjobs.la
libjobs_la_SOURCES = %D%/environment.c %D%/internal.h %D%/job.c %D%/jobs.c %D%/jobs.h %D%/message.c %D%/procs.c \
	%D%/procs.h %D%/recover.c %D%/run.c %D%/workdir.c
libjobs_la_CFLAGS = $(AM_CFLAGS)
JOBS_LIBS = libjobs.la
pkglibexec_PROGRAMS += jobshim
jobshim_SOURCES = %D%/jobshim.c %D%/keptnroot.c %D%/keptnroot.h %D%/procs.c %D%/procs.h
jobshim_CFLAGS = $(AM_CFLAGS)
jobshim_LDADD = libbase.la
