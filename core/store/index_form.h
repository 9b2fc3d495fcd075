/* index_form.h - the form in which two values of an indexed field are compared.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_STORE_INDEX_FORM_H
#define BANYAN_CORE_STORE_INDEX_FORM_H

#include <banyan/base/buf.h>
#include <banyan/protocol/schema.h>

/* Appends the form; nothing for a value that is empty or has nothing to compare. */
BN_CHECKED bn_rc bn_index_form(uint16_t kind, uint16_t field, bn_value value, bn_buf *out);

#endif
