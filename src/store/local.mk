noinst_LTLIBRARIES += libstore.la
libstore_la_SOURCES = %D%/store.c %D%/store.h %D%/internal.h %D%/audit.c %D%/batch.c %D%/commit.c %D%/db.c %D%/project.c \
	%D%/query.c %D%/read.c %D%/schema.c %D%/uniform.c %D%/write.c
libstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
STORE_LIBS = libstore.la $(SQLITE_LIBS) $(SODIUM_LIBS)
