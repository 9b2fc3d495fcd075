/* test_wire_v1.c - bytes of wire version 1 and of stored records, frozen in files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What these files hold was written by a released program; a difference is a new wire or store
 * version, never a new file content. BN_GOLDEN_WRITE=1 writes the files that are missing.
 */
#include "unit/protocol/wire/samples.h"
#include "unit/unit.h"

#include <banyan/base/limits.h>
#include <banyan/base/text.h>

#include <dirent.h>

#define ARENA_BYTES_MAX (4u * 1024 * 1024)
#define FILE_BYTES_MAX (64 * 1024)
#define LINE_BYTES 32

typedef struct fixture {
    bn_arena arena;
    bn_buf bytes;
    bn_buf hex;
    sample samples[SAMPLES_MAX];
    size_t count;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    bn_arena_init(&f.arena, ARENA_BYTES_MAX);
    bn_buf_init(&f.bytes, FILE_BYTES_MAX);
    bn_buf_init(&f.hex, FILE_BYTES_MAX);
    f.count = samples_make(f.samples, &f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    bn_arena_fini(&f->arena);
    bn_buf_fini(&f->bytes);
    bn_buf_fini(&f->hex);
    return 0;
}

static FILE *open_golden(const char *name, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.hex", WIRE_V1_FOLDER, name);
    return fopen(path, mode);
}

/* f->hex gets the lines of the file as they are in it; false when there is no file. */
static bool read_golden(fixture *f, const char *name)
{
    static char content[FILE_BYTES_MAX];
    FILE *file = open_golden(name, "rb");
    if (file == NULL) {
        return false;
    }
    size_t len = fread(content, 1, sizeof content, file);
    fclose(file);
    bn_buf_clear(&f->hex);
    bn_buf_append(&f->hex, content, len);
    return true;
}

static void write_golden(const char *name, const char *content)
{
    FILE *file = open_golden(name, "wb");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The bytes of a sample as lines of hex digits. */
static char *hex_lines(fixture *f, const sample *s)
{
    bn_buf lines;
    bn_buf_init(&lines, FILE_BYTES_MAX);
    bn_buf_clear(&f->bytes);
    sample_encode(s, &f->bytes);
    assert_int_equal(bn_buf_status(&f->bytes), BN_OK);
    for (size_t at = 0; at < f->bytes.len; at += LINE_BYTES) {
        char digits[2 * LINE_BYTES + 1];
        size_t len = f->bytes.len - at < LINE_BYTES ? f->bytes.len - at : LINE_BYTES;
        bn_hex_encode(bn_slice_make(f->bytes.data + at, len), digits);
        bn_buf_printf(&lines, "%s\n", digits);
    }
    char *text = bn_arena_cstr(&f->arena, bn_buf_slice(&lines));
    assert_non_null(text);
    bn_buf_fini(&lines);
    return text;
}

static void wire_v1__writes_the_golden_bytes(void **state)
{
    fixture *f = *state;
    bool may_write = getenv("BN_GOLDEN_WRITE") != NULL;
    for (size_t i = 0; i < f->count; i++) {
        char *lines = hex_lines(f, &f->samples[i]);
        if (!read_golden(f, f->samples[i].name)) {
            if (!may_write) {
                fail_msg("no golden file of %s", f->samples[i].name);
            }
            write_golden(f->samples[i].name, lines);
            continue;
        }
        assert_string_equal(bn_buf_cstr(&f->hex), lines);
    }
}

/* f->bytes gets what the hex digits in f->hex say. */
static void parse_hex(fixture *f)
{
    char pair[2];
    size_t digits = 0;
    bn_buf_clear(&f->bytes);
    for (size_t i = 0; i < f->hex.len; i++) {
        uint8_t byte = 0;
        if (f->hex.data[i] == '\n') {
            continue;
        }
        pair[digits++ % 2] = (char)f->hex.data[i];
        if (digits % 2 == 0) {
            assert_int_equal(bn_hex_decode(bn_slice_make(pair, 2), &byte, 1), BN_OK);
            bn_buf_append_byte(&f->bytes, byte);
        }
    }
    assert_int_equal(digits % 2, 0);
}

static void wire_v1__reads_the_golden_bytes(void **state)
{
    fixture *f = *state;
    bn_buf again;
    bn_buf_init(&again, FILE_BYTES_MAX);
    for (size_t i = 0; i < f->count; i++) {
        bn_err err = {0};
        sample back = {0};
        assert_true(read_golden(f, f->samples[i].name));
        parse_hex(f);
        bn_slice golden = bn_arena_copy(&f->arena, bn_buf_slice(&f->bytes));
        assert_ok(sample_decode(f->samples[i].type, golden, &f->arena, &back, &err), err);
        bn_buf_clear(&again);
        sample_encode(&back, &again);
        assert_int_equal(bn_buf_status(&again), BN_OK);
        assert_true(bn_slice_equal(bn_buf_slice(&again), golden));
    }
    bn_buf_fini(&again);
}

static void wire_v1__has_no_file_without_a_sample(void **state)
{
    fixture *f = *state;
    size_t files = 0;
    DIR *folder = opendir(WIRE_V1_FOLDER);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        files += strstr(entry->d_name, ".hex") != NULL;
    }
    closedir(folder);
    assert_int_equal(files, f->count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_v1__writes_the_golden_bytes),
        cmocka_unit_test(wire_v1__reads_the_golden_bytes),
        cmocka_unit_test(wire_v1__has_no_file_without_a_sample),
    };
    return cmocka_run_group_tests_name("golden/wire_v1", tests, set_up, tear_down);
}
