# Every folder of src/ has its tests in the folder of the same name here; each adds itself in its own local.mk.
TEST_LIBS = $(CMOCKA_LIBS)
dist_noinst_DATA += %D%/support/lsan.supp
include tests/base/local.mk
include tests/event/local.mk
include tests/shipyard/local.mk
include tests/model/local.mk
include tests/feed/local.mk
include tests/decide/local.mk
include tests/view/local.mk
include tests/cli/local.mk
include tests/sequencer/local.mk
include tests/store/local.mk
include tests/repo/local.mk
include tests/jobs/local.mk
include tests/api/local.mk
include tests/daemon/local.mk
include tests/e2e/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
