check_PROGRAMS += %D%/settings_test
TESTS += %D%/settings_test
%C%_settings_test_SOURCES = %D%/settings_test.c
%C%_settings_test_LDADD = $(TEST_LIBS) $(SETTINGS_LIBS)
