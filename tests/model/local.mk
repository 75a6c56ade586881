# tests of model
MODEL_TEST_LIBS = $(TEST_LIBS) libmodel.la libevent.la $(BASE_LIBS)
MODEL_STORY = %D%/story.c %D%/story.h
MODEL_TESTS = %D%/recorded_test %D%/converge_test %D%/state_test %D%/delivery_test %D%/model_test %D%/hostile_test %D%/trim_test
check_PROGRAMS += $(MODEL_TESTS)
TESTS += $(MODEL_TESTS)
%C%_recorded_test_SOURCES = %D%/recorded_test.c $(MODEL_STORY)
%C%_recorded_test_LDADD = $(MODEL_TEST_LIBS)
%C%_converge_test_SOURCES = %D%/converge_test.c $(MODEL_STORY)
%C%_converge_test_LDADD = $(MODEL_TEST_LIBS)
%C%_state_test_SOURCES = %D%/state_test.c $(MODEL_STORY)
%C%_state_test_LDADD = $(MODEL_TEST_LIBS)
%C%_delivery_test_SOURCES = %D%/delivery_test.c $(MODEL_STORY)
%C%_delivery_test_LDADD = $(MODEL_TEST_LIBS)
%C%_model_test_SOURCES = %D%/model_test.c $(MODEL_STORY)
%C%_model_test_LDADD = $(MODEL_TEST_LIBS)
%C%_hostile_test_SOURCES = %D%/hostile_test.c $(MODEL_STORY)
%C%_hostile_test_LDADD = $(MODEL_TEST_LIBS)
%C%_trim_test_SOURCES = %D%/trim_test.c $(MODEL_STORY)
%C%_trim_test_LDADD = $(MODEL_TEST_LIBS)
dist_noinst_DATA += %D%/data/approval.mock.json %D%/data/get.project.json \
	%D%/data/sequences-page-2.sockshop.json %D%/data/stream.ndjson \
	%D%/data/get.events.cfaadbb1-3c47-46e5-a230-d0f055f4f518.mock.json
