/* import_refuse.c - refused rows: told, counted, and written out to be mended and imported again.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is CSV in UTF-8 with a byte order mark, so that Excel reads it: the heading and the
 * rows as they were, and one more column with the reason. It gets its name when it is complete.
 */
#include "import.h"
#include "print.h"

#include <banyan/base/alloc.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define REASON_BYTES 512
#define ROW_NUMBER_BYTES 24

bn_rc import_errors_open(import_job *job, bn_err *err)
{
    if (job->errors_path == NULL) {
        return BN_OK;
    }
    job->errors_temporary = bn_strdup(print_format(job->c, "%s.XXXXXX", job->errors_path));
    int fd = job->errors_temporary != NULL ? mkostemp(job->errors_temporary, O_CLOEXEC) : -1;
    job->errors = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (job->errors == NULL) {
        return bn_fail(err, BN_E_FAILED, "%s: %s", job->errors_path, strerror(errno));
    }
    fputs("\xef\xbb\xbf", job->errors);
    return BN_OK;
}

bn_rc import_errors_close(import_job *job, bool keep, bn_err *err)
{
    if (job->errors == NULL) {
        return BN_OK;
    }
    bool ok = fflush(job->errors) == 0 && ferror(job->errors) == 0;
    ok = fclose(job->errors) == 0 && ok;
    job->errors = NULL;
    if (!keep || !ok || rename(job->errors_temporary, job->errors_path) != 0) {
        unlink(job->errors_temporary);
        ok = ok && !keep;
    }
    bn_free(job->errors_temporary);
    job->errors_temporary = NULL;
    return ok ? BN_OK
              : bn_fail(err, BN_E_FAILED, "%s could not be written", job->errors_path);
}

static void write_row(FILE *to, bn_slice original, bn_slice reason, char delimiter)
{
    bn_buf cell;
    bn_buf_init(&cell, 4096);
    bn_csv_write(&cell, &reason, 1, delimiter);
    while (original.len > 0 &&
           (original.data[original.len - 1] == '\n' || original.data[original.len - 1] == '\r')) {
        original.len--;
    }
    fwrite(original.data, 1, original.len, to);
    fputc(delimiter, to);
    fwrite(cell.data, 1, cell.len, to);
    bn_buf_fini(&cell);
}

/* "birth_date: wants a real date"; reasons of the daemon name the column themselves. Not in the
 * arena: there may be millions. */
static void put_reason(char text[REASON_BYTES], const char *column, const char *reason)
{
    size_t len = column != NULL ? strlen(column) : 0;
    bool named = column == NULL || (strncmp(reason, column, len) == 0 && reason[len] == ':');
    snprintf(text, REASON_BYTES, "%s%s%s", named ? "" : column, named ? "" : ": ", reason);
}

void import_refuse(import_job *job, const import_row *row, bn_slice original, const char *column,
                   const char *reason)
{
    cli *c = job->c;
    job->rejected++;
    char why[REASON_BYTES];
    put_reason(why, column, reason);
    if (job->rejected <= IMPORT_TOLD_MAX) {
        import_progress_end(job);
        TELL(c, IMPORT_REFUSED_ROW, print_format(c, "%" PRIu64, row->number),
             print_format(c, "%" PRIu64, row->line), why);
    } else if (job->rejected == IMPORT_TOLD_MAX + 1) {
        import_progress_end(job);
        TELL(c, IMPORT_REFUSED_MORE, NULL);
    }
    if (job->errors == NULL) {
        return;
    }
    if (job->rejected == 1) {
        bn_slice head = BN_SLICE("banyan_reason");
        write_row(job->errors, bn_buf_slice(&job->heading), head, job->delimiter);
    }
    char text[REASON_BYTES + ROW_NUMBER_BYTES];
    snprintf(text, sizeof text, "%" PRIu64 ": %s", row->number, why);
    write_row(job->errors, original, bn_slice_of(text), job->delimiter);
}
