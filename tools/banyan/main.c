/* main.c - banyan: the command line of branch and head office.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli.h"

#include <locale.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    cli c = {.in = stdin,
             .out = stdout,
             .err = stderr,
             .in_tty = isatty(STDIN_FILENO) == 1,
             .out_tty = isatty(STDOUT_FILENO) == 1,
             .err_tty = isatty(STDERR_FILENO) == 1,
             .environment = environ};
    return cli_main(&c, argc, argv);
}
