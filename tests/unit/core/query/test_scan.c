/* test_scan.c - the scan finds what memmem finds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/query/scan.h"
#include "property.h"
#include "unit/unit.h"

#include <banyan/base/alloc.h>

#include <string.h>

#define COLUMN_MAX 1000

static void scan__finds_every_place_memmem_finds(void **state)
{
    (void)state;
    property p = property_begin("scan against memmem", 20000);
    for (unsigned i = 0; i < p.cases; i++) {
        size_t len = (size_t)property_below(&p, COLUMN_MAX) + 1;
        uint8_t needle[12];
        bn_slice wanted = {needle, (size_t)property_below(&p, sizeof needle) + 1};
        uint64_t letters = property_below(&p, 4) + 1;
        uint8_t *column = bn_alloc(len); /* exactly as long, so that a read behind it is seen */
        assert_non_null(column);
        for (size_t b = 0; b < len; b++) {
            column[b] = (uint8_t)property_below(&p, letters);
        }
        for (size_t b = 0; b < wanted.len; b++) {
            needle[b] = (uint8_t)property_below(&p, letters);
        }
        const uint8_t *end = column + len;
        const uint8_t *at = column;
        unsigned places = 0;
        while (at != NULL && places < 50) {
            const uint8_t *expected = memmem(at, (size_t)(end - at), needle, wanted.len);
            const uint8_t *found = bn_scan_next(at, end, wanted);
            assert_ptr_equal(found, expected);
            at = found != NULL ? found + 1 : NULL;
            places++;
        }
        bn_free(column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__finds_every_place_memmem_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
