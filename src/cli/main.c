/* main.c: drawbridge. */
#include "config.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/cli.h"

/* Started without standard input, output or errors: else a socket gets such a number, which libuv aborts on.
 * For reading only: what is written to them is lost, and is to be seen as lost. */
static void open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    open_standard_files();
    return cli_main(argc, argv);
}
