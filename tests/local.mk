# Every folder of src/ has its tests in the folder of the same name here; each adds itself in its own local.mk.
TEST_LIBS = $(CMOCKA_LIBS)
dist_noinst_DATA += %D%/support/lsan.supp
dist_check_SCRIPTS += %D%/includes_test.sh %D%/style_test.sh
TESTS += %D%/includes_test.sh %D%/style_test.sh
check_LTLIBRARIES += libworld.la
libworld_la_SOURCES = %D%/support/world.c %D%/support/world.h
libworld_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
libworld_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
check_LTLIBRARIES += librelay.la
librelay_la_SOURCES = %D%/support/relay.c %D%/support/relay.h
librelay_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
librelay_la_CFLAGS = $(AM_CFLAGS) $(SSL_CFLAGS)
RELAY_LIBS = librelay.la $(SSL_LIBS)
check_LTLIBRARIES += libgitserver.la
libgitserver_la_SOURCES = %D%/support/gitserver.c %D%/support/gitserver.h
libgitserver_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
GITSERVER_LIBS = libgitserver.la
WORLD_LIBS = libworld.la $(CMOCKA_LIBS) $(CURL_LIBS) $(BASE_LIBS)
include tests/base/local.mk
include tests/event/local.mk
include tests/shipyard/local.mk
include tests/model/local.mk
include tests/feed/local.mk
include tests/decide/local.mk
include tests/settings/local.mk
include tests/notify/local.mk
include tests/scenario/local.mk
include tests/view/local.mk
include tests/cli/local.mk
include tests/sequencer/local.mk
include tests/store/local.mk
include tests/repo/local.mk
include tests/jobs/local.mk
include tests/api/local.mk
include tests/contract/local.mk
include tests/daemon/local.mk
include tests/e2e/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
