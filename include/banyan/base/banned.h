/* banned.h - included before everything else: dangerous functions do not compile.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_BASE_BANNED_H
#define BANYAN_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok atoi atol atof rand
#pragma GCC poison gmtime localtime system tmpnam mktemp

#endif
