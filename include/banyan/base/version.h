/* version.h - the integers two programs compare before they talk.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_VERSION_H
#define BANYAN_BASE_VERSION_H

#define BN_PROGRAM_VERSION "0.1.0"
#define BN_WIRE_VERSION 1
#define BN_WIRE_VERSION_MIN 1
#define BN_SCHEMA_VERSION 1
#define BN_STORE_VERSION 1

#endif
