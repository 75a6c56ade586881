# Fuzzing. `make check` replays the corpus of each target; configured with --enable-fuzzers (CC=clang), the targets are
# also programs of libFuzzer, and `make fuzz FUZZ_SECONDS=300` lets each look for more.
FUZZ_TARGETS = event filter input json jsonview recording settings shipyard utf8 yaml
FUZZ_SECONDS = 60
FUZZ_LIBS = libsettings.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
# The replay calls its target with FUZZ_CORPUS set to the target's folder, and has one object for each.
FUZZ_REPLAY = %D%/replay.c %D%/fuzz.h
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%

FUZZ_REPLAYS = %D%/event_replay %D%/filter_replay %D%/input_replay %D%/json_replay %D%/jsonview_replay %D%/recording_replay %D%/settings_replay %D%/shipyard_replay %D%/utf8_replay %D%/yaml_replay
check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += $(FUZZ_REPLAYS)
%C%_event_replay_SOURCES = %D%/event_fuzz.c $(FUZZ_REPLAY)
%C%_event_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/event"'
%C%_event_replay_LDADD = $(FUZZ_LIBS)
%C%_filter_replay_SOURCES = %D%/filter_fuzz.c $(FUZZ_REPLAY)
%C%_filter_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/filter"'
%C%_filter_replay_LDADD = $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)
%C%_input_replay_SOURCES = %D%/input_fuzz.c $(FUZZ_REPLAY)
%C%_input_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/input"'
%C%_input_replay_LDADD = $(VIEW_LIBS) $(BASE_LIBS)
%C%_jsonview_replay_SOURCES = %D%/jsonview_fuzz.c $(FUZZ_REPLAY)
%C%_jsonview_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/jsonview"'
%C%_jsonview_replay_LDADD = $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)
%C%_json_replay_SOURCES = %D%/json_fuzz.c $(FUZZ_REPLAY)
%C%_json_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/json"'
%C%_json_replay_LDADD = $(FUZZ_LIBS)
%C%_settings_replay_SOURCES = %D%/settings_fuzz.c $(FUZZ_REPLAY)
%C%_settings_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/settings"'
%C%_settings_replay_LDADD = $(FUZZ_LIBS)
%C%_recording_replay_SOURCES = %D%/recording_fuzz.c $(FUZZ_REPLAY)
%C%_recording_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/recording"'
%C%_recording_replay_LDADD = $(FEED_LIBS) $(HTTP_LIBS) $(FUZZ_LIBS)
%C%_shipyard_replay_SOURCES = %D%/shipyard_fuzz.c $(FUZZ_REPLAY)
%C%_shipyard_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/shipyard"'
%C%_shipyard_replay_LDADD = $(FUZZ_LIBS)
%C%_utf8_replay_SOURCES = %D%/utf8_fuzz.c $(FUZZ_REPLAY)
%C%_utf8_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/utf8"'
%C%_utf8_replay_LDADD = $(FUZZ_LIBS)
%C%_yaml_replay_SOURCES = %D%/yaml_fuzz.c $(FUZZ_REPLAY)
%C%_yaml_replay_CPPFLAGS = $(FUZZ_CPPFLAGS) -DFUZZ_CORPUS='"$(abs_top_srcdir)/%D%/corpus/yaml"'
%C%_yaml_replay_LDADD = $(FUZZ_LIBS)

FUZZ_DICTIONARIES = %D%/event.dict %D%/filter.dict %D%/input.dict %D%/json.dict %D%/jsonview.dict %D%/recording.dict %D%/settings.dict %D%/shipyard.dict %D%/utf8.dict %D%/yaml.dict
EXTRA_DIST += %D%/corpus $(FUZZ_DICTIONARIES)

if FUZZERS
# Everything of ours tells libFuzzer where it has been.
AM_CFLAGS += -fsanitize=fuzzer-no-link
FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += %D%/event_fuzz %D%/filter_fuzz %D%/input_fuzz %D%/json_fuzz %D%/jsonview_fuzz %D%/recording_fuzz %D%/settings_fuzz %D%/shipyard_fuzz %D%/utf8_fuzz %D%/yaml_fuzz
%C%_event_fuzz_SOURCES = %D%/event_fuzz.c %D%/fuzz.h
%C%_event_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_event_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_event_fuzz_LDADD = $(FUZZ_LIBS)
%C%_filter_fuzz_SOURCES = %D%/filter_fuzz.c %D%/fuzz.h
%C%_filter_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_filter_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_filter_fuzz_LDADD = $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)
%C%_input_fuzz_SOURCES = %D%/input_fuzz.c %D%/fuzz.h
%C%_input_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_input_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_input_fuzz_LDADD = $(VIEW_LIBS) $(BASE_LIBS)
%C%_jsonview_fuzz_SOURCES = %D%/jsonview_fuzz.c %D%/fuzz.h
%C%_jsonview_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_jsonview_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_jsonview_fuzz_LDADD = $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)
%C%_json_fuzz_SOURCES = %D%/json_fuzz.c %D%/fuzz.h
%C%_json_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_json_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_json_fuzz_LDADD = $(FUZZ_LIBS)
%C%_settings_fuzz_SOURCES = %D%/settings_fuzz.c %D%/fuzz.h
%C%_settings_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_settings_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_settings_fuzz_LDADD = $(FUZZ_LIBS)
%C%_recording_fuzz_SOURCES = %D%/recording_fuzz.c %D%/fuzz.h
%C%_recording_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_recording_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_recording_fuzz_LDADD = $(FEED_LIBS) $(HTTP_LIBS) $(FUZZ_LIBS)
%C%_shipyard_fuzz_SOURCES = %D%/shipyard_fuzz.c %D%/fuzz.h
%C%_shipyard_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_shipyard_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_shipyard_fuzz_LDADD = $(FUZZ_LIBS)
%C%_utf8_fuzz_SOURCES = %D%/utf8_fuzz.c %D%/fuzz.h
%C%_utf8_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_utf8_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_utf8_fuzz_LDADD = $(FUZZ_LIBS)
%C%_yaml_fuzz_SOURCES = %D%/yaml_fuzz.c %D%/fuzz.h
%C%_yaml_fuzz_CPPFLAGS = $(FUZZ_CPPFLAGS)
%C%_yaml_fuzz_LDFLAGS = $(FUZZ_LINK)
%C%_yaml_fuzz_LDADD = $(FUZZ_LIBS)

# New inputs go into fuzz-work/TARGET, an input that fails into fuzz-work/TARGET-crash-…: give it a telling name in
# tests/fuzz/corpus/TARGET once it is mended.
fuzz: %D%/event_fuzz %D%/filter_fuzz %D%/input_fuzz %D%/json_fuzz %D%/jsonview_fuzz %D%/recording_fuzz %D%/settings_fuzz %D%/shipyard_fuzz %D%/utf8_fuzz %D%/yaml_fuzz
	for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz-work/$$target || exit 1; \
	  %D%/$${target}_fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
	    -dict=$(top_srcdir)/%D%/$$target.dict -artifact_prefix=fuzz-work/$$target- \
	    fuzz-work/$$target $(top_srcdir)/%D%/corpus/$$target || exit 1; \
	done
else
fuzz:
	@echo 'make fuzz: configure with CC=clang --enable-fuzzers first' >&2; exit 1
endif
clean-local: clean-fuzz
clean-fuzz:
	-rm -rf fuzz-work
.PHONY: fuzz clean-fuzz
