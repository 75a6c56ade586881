noinst_LTLIBRARIES += librepo.la
librepo_la_SOURCES = %D%/repo.c %D%/repo.h %D%/internal.h %D%/move.c %D%/address.c %D%/create.c %D%/credentials.c %D%/git.c %D%/names.c %D%/queue.c %D%/read.c \
	%D%/upstream.c %D%/write.c
librepo_la_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
REPO_LIBS = librepo.la $(GIT2_LIBS)
