/* tests/scenario/shipyards.h: the projects of the scenario, as the project list has them. */
#ifndef TESTS_SCENARIO_SHIPYARDS_H
#define TESTS_SCENARIO_SHIPYARDS_H

#include "feed/recording.h"

MUST_CHECK enum status shipyards_write(struct recording *r, int64_t received_ns, struct error *err);

#endif
