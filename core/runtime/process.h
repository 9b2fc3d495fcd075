/* process.h - what a daemon asks of the system at start, besides the public parts of daemon.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_RUNTIME_PROCESS_H
#define BANYAN_CORE_RUNTIME_PROCESS_H

#include <banyan/base/err.h>

/* Makes the folder and what is missing above it, mode 0700. */
BN_CHECKED bn_rc process_make_folder(const char *path, bn_err *err);

#endif
