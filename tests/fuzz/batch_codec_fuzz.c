/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as an encoded batch, with the head made to fit, so that the checksum stops nobody. What
 * decodes must encode and decode to the same batch. The bytes are tried as every version there was.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "journal/batch_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_same_entity(const struct entity *a, const struct entity *b)
{
    check(strcmp(a->vcenter_uuid, b->vcenter_uuid) == 0);
    for (int i = 0; i < LABEL_COUNT; i++)
        check(strcmp(a->label[i], b->label[i]) == 0);
}

static void check_same(const struct row_batch *a, const struct row_batch *b)
{
    check(a->nrows == b->nrows && a->nvalues == b->nvalues);
    for (size_t i = 0; i < a->nrows; i++) {
        const struct layer_row *x = &a->rows[i], *y = &b->rows[i];
        check(x->first + x->count <= a->nvalues);
        check(x->time.ms == y->time.ms && x->interval_s == y->interval_s && x->count == y->count);
        check_same_entity(x->entity, y->entity);
    }
    for (size_t i = 0; i < a->nvalues; i++) {
        const struct layer_value *v = &a->values[i], *w = &b->values[i];
        check(v->ticks == w->ticks && v->quantity == w->quantity && v->form == w->form &&
              v->instance == w->instance);
    }
}

static void check_raw(const struct row_batch *a, const struct row_batch *b)
{
    check(a->nraw_counters == b->nraw_counters && a->nraw_instances == b->nraw_instances);
    for (size_t i = 0; i < a->nraw_counters; i++)
        check(strcmp(a->raw_counters[i].name, b->raw_counters[i].name) == 0 &&
              strcmp(a->raw_counters[i].unit, b->raw_counters[i].unit) == 0);
    for (size_t i = 0; i < a->nraw_instances; i++)
        check(strcmp(a->raw_instances[i], b->raw_instances[i]) == 0);
    for (size_t i = 0; i < a->nvalues; i++)
        if (a->values[i].quantity >= QUANTITY_RAW)
            check(row_raw(a, &a->values[i]) && a->values[i].instance < a->nraw_instances);
}

static void check_again(const struct row_batch *batch)
{
    struct buf bytes;
    struct row_batch again;
    struct batch_encoder *encoder = batch_encoder_new();
    buf_init(&bytes, CAP_JOURNAL_BLOB);
    check(encoder && batch_encode(encoder, batch, &bytes));
    check(batch_decode(bytes.data, bytes.len, &again, NULL) == BATCH_OK);
    check_same(batch, &again);
    check_raw(batch, &again);
    row_batch_free(&again);
    batch_encoder_free(encoder);
    buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct row_batch batch;
    unsigned char *bytes = calloc(1, BATCH_HEAD + size);
    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes + BATCH_HEAD, data, size);
    batch_seal(bytes, BATCH_HEAD + size);
    for (int version = BATCH_OLDEST; version <= BATCH_VERSION; version++) {
        bytes[3] = (unsigned char)version;
        if (batch_decode(bytes, BATCH_HEAD + size, &batch, NULL) != BATCH_OK)
            continue;
        check_again(&batch);
        row_batch_free(&batch);
    }
    free(bytes);
    return 0;
}
