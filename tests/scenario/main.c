/* Writes the recorded scenario, or a load: scenario FILE; scenario --load DAYS DELIVERIES-A-DAY FILE. FILE
 * may be a pipe; "-" is standard output. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

int main(int argc, char **argv)
{
    struct error err = ERROR_NONE;
    enum status status = STATUS_USAGE;
    if (argc == 2)
        status = scenario_write(argv[1], &err);
    else if (argc == 5 && strcmp(argv[1], "--load") == 0)
        status = scenario_write_load(argv[4], (unsigned)strtoul(argv[2], NULL, 10),
                                     (unsigned)strtoul(argv[3], NULL, 10), &err);
    else
        (void)error_set(&err, STATUS_USAGE, "usage: scenario FILE | --load DAYS DELIVERIES-A-DAY FILE");
    if (status != STATUS_OK)
        fprintf(stderr, "scenario: %s\n", err.text);
    return status_exit_code(status);
}
