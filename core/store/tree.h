/* tree.h - an ordered map whose old versions stay readable: the in-memory store's tables.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A root is one version, held by bn_tree_hold() and given back by bn_tree_drop(); NULL is the
 * empty map. Changing a version never changes another one that shares nodes with it.
 */
#ifndef BANYAN_CORE_STORE_TREE_H
#define BANYAN_CORE_STORE_TREE_H

#include <banyan/base/err.h>
#include <banyan/base/slice.h>

typedef struct bn_tree_node bn_tree_node;
typedef struct bn_tree_item bn_tree_item;

bn_tree_node *bn_tree_hold(bn_tree_node *root); /* returns root */
void bn_tree_drop(bn_tree_node *root);

/* Change the version at *root, which the caller alone writes to. BN_E_NO_MEMORY leaves a map
 * that may only be dropped. Deleting what is not there is BN_OK. */
BN_CHECKED bn_rc bn_tree_put(bn_tree_node **root, bn_slice key, bn_slice value);
BN_CHECKED bn_rc bn_tree_del(bn_tree_node **root, bn_slice key);

/* NULL when there is none. Borrowed until the version is changed or dropped. */
bn_tree_item *bn_tree_find(bn_tree_node *root, bn_slice key);
bn_tree_item *bn_tree_at_or_after(bn_tree_node *root, bn_slice key, bool strictly_after);
bn_tree_item *bn_tree_before(bn_tree_node *root, bn_slice key); /* empty key: the last */

bn_slice bn_tree_key(const bn_tree_item *item);
bn_slice bn_tree_value(const bn_tree_item *item);

/* An item outlives its version while it is held; NULL is fine. */
bn_tree_item *bn_tree_item_hold(bn_tree_item *item);
void bn_tree_item_drop(bn_tree_item *item);

#endif
