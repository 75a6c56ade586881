noinst_LTLIBRARIES += librepo.la
librepo_la_SOURCES = %D%/repo.c %D%/repo.h
librepo_la_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
REPO_LIBS = librepo.la $(GIT2_LIBS)
