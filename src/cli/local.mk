bin_PROGRAMS += drawbridge
noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = \
	%D%/approve.c \
	%D%/audit.c \
	%D%/auth.c \
	%D%/cli.c \
	%D%/cli.h \
	%D%/commands.c \
	%D%/completion.c \
	%D%/context.c \
	%D%/control.c \
	%D%/dashboard.c \
	%D%/dashboard.h \
	%D%/demo.c \
	%D%/demo.h \
	%D%/demo_parts.c \
	%D%/demo_parts.h \
	%D%/event.c \
	%D%/help.c \
	%D%/internal.h \
	%D%/link.c \
	%D%/link.h \
	%D%/linear.c \
	%D%/linear.h \
	%D%/linear_changes.c \
	%D%/linear_do.c \
	%D%/linear_input.c \
	%D%/linear_internal.h \
	%D%/list.c \
	%D%/log.c \
	%D%/look.c \
	%D%/options.c \
	%D%/output.c \
	%D%/picture.c \
	%D%/picture.h \
	%D%/project.c \
	%D%/record.c \
	%D%/renew.c \
	%D%/renew.h \
	%D%/replay.c \
	%D%/request.c \
	%D%/resource.c \
	%D%/restricted.c \
	%D%/run_command.c \
	%D%/run_command.h \
	%D%/setup.c \
	%D%/setup.h \
	%D%/show.c \
	%D%/token.c \
	%D%/token.h \
	%D%/trigger.c \
	%D%/upstream.c \
	%D%/watch.c \
	%D%/watch.h
# What gnutls.c has is looked for by a library that is loaded, not by anything of ours.
drawbridge_SOURCES = %D%/gnutls.c %D%/main.c
drawbridge_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic-symbol=_gnutls_global_init_skip
CLI_LIBS = libcli.la libnotify.la $(VIEW_LIBS) libdecide.la libsettings.la $(FEED_LIBS) $(HTTP_LIBS) libmodel.la libevent.la \
	$(BASE_LIBS) $(SODIUM_LIBS)
drawbridge_LDADD = $(CLI_LIBS)
