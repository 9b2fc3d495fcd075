/* arguments.h - arguments of a call against the row of its operation.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_API_ARGUMENTS_H
#define BANYAN_CORE_API_ARGUMENTS_H

#include <banyan/core/api.h>

/* Refuses what is unknown, missing or of the wrong type, naming it. */
BN_CHECKED bn_rc bn_arguments_check(bn_call *call, bn_err *err);

#endif
