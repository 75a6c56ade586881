check_PROGRAMS += %D%/settings_test
TESTS += %D%/settings_test
%C%_settings_test_SOURCES = %D%/settings_test.c
%C%_settings_test_LDADD = $(TEST_LIBS) $(SETTINGS_LIBS)
check_PROGRAMS += %D%/edit_test
TESTS += %D%/edit_test
%C%_edit_test_SOURCES = %D%/edit_test.c
%C%_edit_test_LDADD = $(TEST_LIBS) $(SETTINGS_LIBS)
