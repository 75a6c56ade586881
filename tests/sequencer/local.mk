# tests of sequencer
SEQUENCER_TEST_LIBS = $(TEST_LIBS) libsequencer.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
SEQUENCER_WORLD = %D%/world.c %D%/world.h
SEQUENCER_TESTS = %D%/approval_test %D%/control_test %D%/flow_test %D%/payload_test %D%/property_test \
	%D%/queue_test %D%/restart_test %D%/state_test %D%/transition_test
check_PROGRAMS += $(SEQUENCER_TESTS)
TESTS += $(SEQUENCER_TESTS) %D%/rows_test.sh
dist_check_SCRIPTS += %D%/rows_test.sh
EXTRA_DIST += doc/sequencer.md
%C%_approval_test_SOURCES = %D%/approval_test.c
%C%_approval_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_control_test_SOURCES = %D%/control_test.c $(SEQUENCER_WORLD)
%C%_control_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_flow_test_SOURCES = %D%/flow_test.c $(SEQUENCER_WORLD)
%C%_flow_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_payload_test_SOURCES = %D%/payload_test.c
%C%_payload_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_queue_test_SOURCES = %D%/queue_test.c $(SEQUENCER_WORLD)
%C%_queue_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_restart_test_SOURCES = %D%/restart_test.c $(SEQUENCER_WORLD)
%C%_restart_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_state_test_SOURCES = %D%/state_test.c $(SEQUENCER_WORLD)
%C%_state_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_property_test_SOURCES = %D%/property_test.c $(SEQUENCER_WORLD)
%C%_property_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_transition_test_SOURCES = %D%/transition_test.c $(SEQUENCER_WORLD)
%C%_transition_test_LDADD = $(SEQUENCER_TEST_LIBS)

# More seeds of the property test; SEQUENCER_FIRST_SEED begins elsewhere.
check-sequencer: all %D%/property_test
	$(AM_TESTS_ENVIRONMENT) SEQUENCER_SEEDS=$${SEQUENCER_SEEDS-1000} $(builddir)/%D%/property_test
.PHONY: check-sequencer
