/* libraries.c - which libraries this program runs with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/api/api.h"

#include <banyan/base/check.h>

const bn_library *bn_server_api_libraries(size_t *count)
{
    static bn_library libraries[] = {{.name = "jansson"}};
    libraries[0].version = jansson_version_str();
    *count = BN_COUNT(libraries);
    return libraries;
}
