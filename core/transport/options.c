/* options.c - the socket options of options.def, put on a socket.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "core/transport/options.h"

#include <banyan/base/check.h>
#include <banyan/base/limits.h>

#include <string.h>

enum { SYNC = BN_END_SYNC, ENROL = BN_END_ENROL, BRANCH = BN_END_BRANCH };

typedef struct socket_option {
    unsigned ends;
    int option;
    int64_t value;
    size_t value_bytes;
    const char *name;
    const char *reason;
} socket_option;

static const socket_option socket_options[] = {
#define BN_SOCKET_OPTION(ends_, type, option_, value_, reason_) \
    {.ends = (ends_),                                           \
     .option = option_,                                         \
     .value = (value_),                                         \
     .value_bytes = sizeof(type),                               \
     .name = #option_,                                          \
     .reason = reason_},
#include "core/transport/options.def"
#undef BN_SOCKET_OPTION
};

/* The example pairs of zmq_curve(7): public text on the web is not a secret. */
static const char *const published_keys_z85[] = {
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
};

void *bn_zmq_create(int io_threads)
{
    void *zmq = zmq_ctx_new();
    if (zmq != NULL && zmq_ctx_set(zmq, ZMQ_IO_THREADS, io_threads) != 0) {
        bn_zmq_destroy(&zmq);
    }
    return zmq;
}

void bn_zmq_destroy(void **zmq)
{
    if (*zmq == NULL) {
        return;
    }
    while (zmq_ctx_term(*zmq) != 0 && zmq_errno() == EINTR) {
        /* A signal interrupts the wait for libzmq's own threads; LINGER 0 bounds that wait. */
    }
    *zmq = NULL;
}

bn_rc bn_options_apply(void *socket, bn_socket_end end, bn_err *err)
{
    for (size_t i = 0; i < BN_COUNT(socket_options); i++) {
        const socket_option *row = &socket_options[i];
        if ((row->ends & (unsigned)end) == 0) {
            continue;
        }
        int narrow = (int)row->value;
        const void *value = row->value_bytes == sizeof narrow ? (const void *)&narrow
                                                              : (const void *)&row->value;
        if (zmq_setsockopt(socket, row->option, value, row->value_bytes) != 0) {
            return bn_fail(err, BN_E_UNSUPPORTED, "libzmq refuses %s, which we need: %s",
                           row->name, row->reason);
        }
    }
    return BN_OK;
}

bn_rc bn_option_bytes(void *socket, int option, const void *bytes, size_t len, bn_err *err)
{
    if (zmq_setsockopt(socket, option, bytes, len) != 0) {
        return bn_fail(err, BN_E_UNSUPPORTED, "libzmq refuses option %d: %s", option,
                       zmq_strerror(zmq_errno()));
    }
    return BN_OK;
}

bn_rc bn_key_usable(const uint8_t key[BN_KEY_BYTES], const char *what, bn_err *err)
{
    static const uint8_t zero[BN_KEY_BYTES];
    if (bn_bytes_equal(key, zero, BN_KEY_BYTES)) {
        return bn_fail(err, BN_E_INVALID, "%s is all zero", what);
    }
    for (size_t i = 0; i < BN_COUNT(published_keys_z85); i++) {
        uint8_t published[BN_KEY_BYTES];
        BN_ASSERT(zmq_z85_decode(published, published_keys_z85[i]) != NULL);
        if (bn_bytes_equal(key, published, BN_KEY_BYTES)) {
            return bn_fail(err, BN_E_INVALID, "%s is printed in the libzmq manual", what);
        }
    }
    return BN_OK;
}
