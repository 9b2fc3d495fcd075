/* tree.c - an ordered map whose old versions stay readable.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An AVL tree of counted nodes that point to counted items. A change copies the nodes from the
 * root down to the place of change, unless they belong to this version alone:
 *
 *     before      root --> a --> b --> c            put under c: a', b' and c' are new,
 *                          |     |     |            what hangs beside the path is shared
 *     after       root'--> a'--> b'--> c'--> new
 *
 * A node is exclusive when its count is 1 and so is that of every node above it. Items (key and
 * value) are shared between copies of their node. Costs: find log n; put and del log n node
 * copies of 48 bytes the first time a version touches a path, none after that; hold of a version
 * is one increment. Counts are atomic, so that threads may hold and drop versions freely.
 */
#include "tree.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>
#include <banyan/base/number.h>

#include <stdatomic.h>

#define HEIGHT_MAX 64 /* an AVL tree of this height has more nodes than memory has bytes */

struct bn_tree_item {
    atomic_uint holders;
    uint32_t key_len;
    size_t value_len;
    uint8_t bytes[];
};

struct bn_tree_node {
    atomic_uint holders;
    int height;
    bn_tree_node *left;
    bn_tree_node *right;
    bn_tree_item *item;
};

static bn_tree_item *item_create(bn_slice key, bn_slice value)
{
    size_t size = 0;
    if (!bn_add_size(sizeof(bn_tree_item) + key.len, value.len, &size)) {
        return NULL;
    }
    bn_tree_item *item = bn_alloc(size);
    if (item == NULL) {
        return NULL;
    }
    atomic_init(&item->holders, 1);
    item->key_len = (uint32_t)key.len;
    item->value_len = value.len;
    memcpy(item->bytes, key.data, key.len);
    if (value.len > 0) {
        memcpy(item->bytes + key.len, value.data, value.len);
    }
    return item;
}

static bool let_go(atomic_uint *holders)
{
    return atomic_fetch_sub_explicit(holders, 1, memory_order_acq_rel) == 1;
}

static bn_tree_node *node_create(bn_tree_item *item)
{
    bn_tree_node *node = bn_alloc(sizeof *node);
    if (node != NULL) {
        atomic_init(&node->holders, 1);
        node->height = 1;
        node->item = item;
    }
    return node;
}

/* Makes the node at *slot exclusive; the node above it already is. */
static bn_rc own(bn_tree_node **slot)
{
    bn_tree_node *old = *slot;
    if (atomic_load_explicit(&old->holders, memory_order_acquire) == 1) {
        return BN_OK;
    }
    bn_tree_node *copy = node_create(old->item);
    if (copy == NULL) {
        return BN_E_NO_MEMORY;
    }
    copy->height = old->height;
    copy->left = bn_tree_hold(old->left);
    copy->right = bn_tree_hold(old->right);
    bn_tree_item_hold(copy->item);
    bn_tree_drop(old);
    *slot = copy;
    return BN_OK;
}

static int height(const bn_tree_node *node)
{
    return node != NULL ? node->height : 0;
}

static void measure(bn_tree_node *node)
{
    int left = height(node->left);
    int right = height(node->right);
    node->height = 1 + (left > right ? left : right);
}

/* Both nodes of a rotation are exclusive; references move along with the pointers. */
static void rotate_left(bn_tree_node **slot)
{
    bn_tree_node *top = *slot;
    bn_tree_node *up = top->right;
    top->right = up->left;
    up->left = top;
    *slot = up;
    measure(top);
    measure(up);
}

static void rotate_right(bn_tree_node **slot)
{
    bn_tree_node *top = *slot;
    bn_tree_node *up = top->left;
    top->left = up->right;
    up->right = top;
    *slot = up;
    measure(top);
    measure(up);
}

static bn_rc lean_left(bn_tree_node **slot)
{
    bn_tree_node *node = *slot;
    BN_TRY(own(&node->left));
    if (height(node->left->left) < height(node->left->right)) {
        BN_TRY(own(&node->left->right));
        rotate_left(&node->left);
    }
    rotate_right(slot);
    return BN_OK;
}

static bn_rc lean_right(bn_tree_node **slot)
{
    bn_tree_node *node = *slot;
    BN_TRY(own(&node->right));
    if (height(node->right->right) < height(node->right->left)) {
        BN_TRY(own(&node->right->left));
        rotate_right(&node->right);
    }
    rotate_left(slot);
    return BN_OK;
}

/* Restores the AVL rule from the lowest changed place up to the root. */
static bn_rc rebalance(bn_tree_node **path[], size_t depth)
{
    while (depth > 0) {
        bn_tree_node **slot = path[--depth];
        measure(*slot);
        int tilt = height((*slot)->left) - height((*slot)->right);
        if (tilt > 1) {
            BN_TRY(lean_left(slot));
        } else if (tilt < -1) {
            BN_TRY(lean_right(slot));
        }
    }
    return BN_OK;
}

bn_tree_node *bn_tree_hold(bn_tree_node *root)
{
    if (root != NULL) {
        atomic_fetch_add_explicit(&root->holders, 1, memory_order_relaxed);
    }
    return root;
}

void bn_tree_drop(bn_tree_node *root)
{
    bn_tree_node *waiting[HEIGHT_MAX + 1];
    size_t count = 0;
    if (root != NULL) {
        waiting[count++] = root;
    }
    while (count > 0) {
        bn_tree_node *node = waiting[--count];
        if (!let_go(&node->holders)) {
            continue;
        }
        BN_ASSERT(count + 2 <= BN_COUNT(waiting));
        if (node->left != NULL) {
            waiting[count++] = node->left;
        }
        if (node->right != NULL) {
            waiting[count++] = node->right;
        }
        bn_tree_item_drop(node->item);
        bn_free(node);
    }
}

/* Hangs a new node for `item` at *slot; the item is dropped on failure. */
static bn_rc add_leaf(bn_tree_node **slot, bn_tree_item *item)
{
    *slot = node_create(item);
    if (*slot == NULL) {
        bn_tree_item_drop(item);
        return BN_E_NO_MEMORY;
    }
    return BN_OK;
}

bn_rc bn_tree_put(bn_tree_node **root, bn_slice key, bn_slice value)
{
    bn_tree_node **path[HEIGHT_MAX];
    size_t depth = 0;
    bn_tree_item *item = item_create(key, value);
    if (item == NULL) {
        return BN_E_NO_MEMORY;
    }
    bn_tree_node **slot = root;
    while (*slot != NULL) {
        if (own(slot) != BN_OK) {
            bn_tree_item_drop(item);
            return BN_E_NO_MEMORY;
        }
        bn_tree_node *node = *slot;
        int order = bn_slice_compare(key, bn_tree_key(node->item));
        if (order == 0) {
            bn_tree_item_drop(node->item);
            node->item = item;
            return BN_OK;
        }
        BN_ASSERT(depth < BN_COUNT(path));
        path[depth++] = slot;
        slot = order < 0 ? &node->left : &node->right;
    }
    BN_TRY(add_leaf(slot, item));
    return rebalance(path, depth);
}

/* Takes the exclusive node out of *slot; it has at most one child, which moves up. */
static void unhang(bn_tree_node **slot)
{
    bn_tree_node *node = *slot;
    *slot = node->left != NULL ? node->left : node->right;
    bn_tree_item_drop(node->item);
    bn_free(node);
}

bn_rc bn_tree_del(bn_tree_node **root, bn_slice key)
{
    if (bn_tree_find(*root, key) == NULL) {
        return BN_OK;
    }
    bn_tree_node **path[HEIGHT_MAX];
    size_t depth = 0;
    bn_tree_node **slot = root;
    bn_tree_node *found = NULL;
    for (;;) { /* ends: the key is there, and below it the left edge does */
        BN_TRY(own(slot));
        bn_tree_node *node = *slot;
        int order = found != NULL ? -1 : bn_slice_compare(key, bn_tree_key(node->item));
        if (order == 0) {
            found = node;
        }
        bn_tree_node **next = order < 0 ? &node->left : &node->right;
        bool is_last = found != NULL && (*next == NULL || (order == 0 && node->left == NULL));
        if (is_last) {
            break;
        }
        BN_ASSERT(depth < BN_COUNT(path));
        path[depth++] = slot;
        slot = next;
    }
    bn_tree_node *last = *slot; /* the found one, or the next in order to take its place */
    bn_tree_item *spare = found->item;
    found->item = last->item;
    last->item = spare;
    unhang(slot);
    return rebalance(path, depth);
}

bn_tree_item *bn_tree_find(bn_tree_node *root, bn_slice key)
{
    while (root != NULL) {
        int order = bn_slice_compare(key, bn_tree_key(root->item));
        if (order == 0) {
            return root->item;
        }
        root = order < 0 ? root->left : root->right;
    }
    return NULL;
}

bn_tree_item *bn_tree_at_or_after(bn_tree_node *root, bn_slice key, bool strictly_after)
{
    bn_tree_item *best = NULL;
    while (root != NULL) {
        int order = bn_slice_compare(bn_tree_key(root->item), key);
        if (order > 0 || (order == 0 && !strictly_after)) {
            best = root->item;
            root = root->left;
        } else {
            root = root->right;
        }
    }
    return best;
}

bn_tree_item *bn_tree_before(bn_tree_node *root, bn_slice key)
{
    bn_tree_item *best = NULL;
    while (root != NULL) {
        if (key.len == 0 || bn_slice_compare(bn_tree_key(root->item), key) < 0) {
            best = root->item;
            root = root->right;
        } else {
            root = root->left;
        }
    }
    return best;
}

bn_slice bn_tree_key(const bn_tree_item *item)
{
    return bn_slice_make(item->bytes, item->key_len);
}

bn_slice bn_tree_value(const bn_tree_item *item)
{
    return bn_slice_make(item->bytes + item->key_len, item->value_len);
}

bn_tree_item *bn_tree_item_hold(bn_tree_item *item)
{
    if (item != NULL) {
        atomic_fetch_add_explicit(&item->holders, 1, memory_order_relaxed);
    }
    return item;
}

void bn_tree_item_drop(bn_tree_item *item)
{
    if (item != NULL && let_go(&item->holders)) {
        bn_free(item);
    }
}
