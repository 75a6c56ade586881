noinst_LTLIBRARIES += libmodel.la
libmodel_la_SOURCES = %D%/apply.c %D%/check.c %D%/context.c %D%/delivery.c %D%/derive.c %D%/digest.c \
	%D%/internal.h %D%/list.c %D%/model.c %D%/model.h %D%/open.c %D%/origin.c %D%/project.c %D%/run.c \
	%D%/run_state.c %D%/shipyard.c %D%/state.c %D%/task.c %D%/text.c
libmodel_la_CFLAGS = $(STRICT_CFLAGS)
