/* drawbridge with another system's settings file: restricted_driver FILE [options]. */
#include "config.h"

#include "cli/setup.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    setup_system_file = argv[1];
    argv[1] = argv[0];
    return cli_main(argc - 1, argv + 1);
}
