# make bench: the table of doc/performance.md. Not built by `make`.
EXTRA_PROGRAMS = %D%/bench
CLEANFILES += %D%/bench
%C%_bench_SOURCES = %D%/bench.c %D%/bench.h %D%/decode.c %D%/screen.c
%C%_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_bench_LDADD = libmodel.la libevent.la $(PTY_LIBS) $(WORLD_LIBS)
dist_check_SCRIPTS += %D%/bench_test.sh
TESTS += %D%/bench_test.sh

bench: all %D%/bench
	@DRAWBRIDGE_PROGRAMS='$(abs_top_builddir)' DRAWBRIDGE_DATADIR='$(abs_top_srcdir)' ./%D%/bench $(BENCH_FLAGS)
.PHONY: bench

# Many sequences at once; `make scale` takes 10,000 over 50 services, the check 200 over 10.
check_PROGRAMS += %D%/scale
TESTS += %D%/scale
%C%_scale_SOURCES = %D%/scale.c
%C%_scale_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_scale_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
%C%_scale_LDADD = $(WORLD_LIBS) $(CURL_LIBS)
SCALE_SEQUENCES = 10000
scale: all %D%/scale
	@DRAWBRIDGE_PROGRAMS='$(abs_top_builddir)' DRAWBRIDGE_DATADIR='$(abs_top_srcdir)' SCALE_SEQUENCES=$(SCALE_SEQUENCES) ./%D%/scale
.PHONY: scale
