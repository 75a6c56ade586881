noinst_LTLIBRARIES += libsequencer.la
libsequencer_la_SOURCES = %D%/sequencer.c %D%/sequencer.h %D%/internal.h %D%/approval.c %D%/approval.h \
	%D%/check.c %D%/control.c %D%/dispatch.c %D%/effects.c %D%/execution.c %D%/finish.c %D%/heap.c %D%/payload.c \
	%D%/record.c %D%/record_json.c %D%/state.c
