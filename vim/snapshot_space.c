/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How much of a datastore the snapshots of a VM hold, from its layoutEx:
 *
 *     file  key 5, type diskExtent, size 16384 ...         every file, once
 *     disk  chain  fileKey 4, 5                            the disk as it was made
 *           chain  fileKey 9, 10                           what was written since the first
 * snapshot
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "properties.h"
#include "session_private.h"
#include "snapshot_space_private.h"
#include "text.h"
#include "vim/inventory.h"
#include "wire.h"

enum {
    VMS_AT_ONCE = 20
}; /* a layout has some kilobytes; with long chains on many disks, megabytes */

/* Files of these types belong to snapshots. */
static const char *const snapshot_types[] = {"snapshotData", "snapshotMemory"};

/* ---- one layout ---- */

struct file_key {
    int32_t key;
    bool counted;
};

struct file_keys {
    size_t n, room;
    struct file_key *rows;
};

/* 0, or LAYOUT_NOMEM, LAYOUT_TOO_LARGE. */
static int add_key(struct file_keys *keys, const char *text)
{
    int64_t key = text_int(text, INT32_MIN, INT32_MAX, INT64_MAX);
    if (key == INT64_MAX)
        return 0;
    if (keys->n == CAP_LAYOUT_FILES)
        return LAYOUT_TOO_LARGE;
    if (keys->n == keys->room) {
        size_t room = keys->room ? 2 * keys->room : 64;
        struct file_key *rows = realloc(keys->rows, room * sizeof *rows);
        if (!rows)
            return LAYOUT_NOMEM;
        keys->rows = rows;
        keys->room = room;
    }
    keys->rows[keys->n++] = (struct file_key){.key = (int32_t)key};
    return 0;
}

static bool is_snapshot_type(const char *type)
{
    for (size_t i = 0; type && i < sizeof snapshot_types / sizeof snapshot_types[0]; i++)
        if (!strcmp(snapshot_types[i], type))
            return true;
    return false;
}

static int add_disk(struct file_keys *keys, const struct _vim__layout_disk *disk)
{
    int failed = 0;
    for (int i = 1; i < disk->__sizechain && !failed; i++) /* the first is no snapshot's */
        for (int j = 0; j < disk->chain[i].__sizefileKey && !failed; j++)
            failed = add_key(keys, disk->chain[i].fileKey[j]);
    return failed;
}

static int add_layout(struct file_keys *keys, const struct _vim__layout *layout)
{
    int failed = 0;
    for (int i = 0; i < layout->__sizedisk && !failed; i++)
        failed = add_disk(keys, &layout->disk[i]);
    for (int i = 0; i < layout->__sizefile && !failed; i++)
        if (is_snapshot_type(layout->file[i].type))
            failed = add_key(keys, layout->file[i].key);
    return failed;
}

static int compare(const void *a, const void *b)
{
    const struct file_key *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Sorts the keys; each is left once. */
static void sort(struct file_keys *keys)
{
    size_t n = 0;
    if (!keys->n)
        return;
    qsort(keys->rows, keys->n, sizeof *keys->rows, compare);
    for (size_t i = 1; i < keys->n; i++)
        if (keys->rows[i].key != keys->rows[n].key)
            keys->rows[++n] = keys->rows[i];
    keys->n = n + 1;
}

static int64_t sum(const struct file_keys *keys, const struct _vim__layout *layout)
{
    int64_t bytes = 0;
    for (int i = 0; keys->n && i < layout->__sizefile; i++) {
        const struct _vim__layout_file *file = &layout->file[i];
        int64_t number = text_int(file->key, INT32_MIN, INT32_MAX, INT64_MAX);
        struct file_key key = {.key = (int32_t)number};
        struct file_key *row =
            number == INT64_MAX ? NULL : bsearch(&key, keys->rows, keys->n, sizeof key, compare);
        if (!row || row->counted)
            continue;
        row->counted = true;
        bytes += text_int(file->size, 0, INT64_MAX / CAP_LAYOUT_FILES, 0);
    }
    return bytes;
}

int64_t layout_snapshot_bytes(const struct _vim__layout *layout)
{
    struct file_keys keys = {.n = 0};
    int64_t bytes = add_layout(&keys, layout);
    if (!bytes) {
        sort(&keys);
        bytes = sum(&keys, layout);
    }
    free(keys.rows);
    return bytes;
}

/* ---- a page of VMs ---- */

struct job {
    struct vim_client *client;
    unsigned epoch;
    void (*visit)(void *ctx, const char *moid, int64_t bytes);
    void *ctx;
    char *token; /* of the next page; NULL = that was the last one */
};

static enum vim_code take_vm(struct job *job, const struct _vim__layout_content *object,
                             struct vim_error *err)
{
    const struct _vim__layout *layout = NULL;
    enum vim_code code = properties_missing(job->client, job->epoch, object->missingSet,
                                            object->__sizemissingSet, err);
    for (int i = 0; i < object->__sizepropSet && !layout; i++)
        layout = object->propSet[i].val;
    if (code || !layout || !object->obj || !object->obj->__item)
        return code;
    int64_t bytes = layout_snapshot_bytes(layout);
    if (bytes == LAYOUT_NOMEM)
        return vim_fail(err, VIM_NOMEM, "layoutEx: out of memory");
    if (bytes >= 0)
        job->visit(job->ctx, object->obj->__item, bytes);
    return VIM_OK;
}

static enum vim_code take_page(struct job *job, const struct _vim__layout_result *page,
                               struct vim_error *err)
{
    enum vim_code code = VIM_OK;
    free(job->token);
    job->token = NULL;
    for (int i = 0; page && i < page->__sizeobjects && !code; i++)
        code = take_vm(job, &page->objects[i], err);
    if (code || !page || !page->token || !*page->token)
        return code;
    job->token = strdup(page->token);
    return job->token ? VIM_OK : vim_fail(err, VIM_NOMEM, "layoutEx: out of memory");
}

static enum vim_code first_page(struct job *job, struct vim__PropertyFilterSpec *spec,
                                struct vim_error *err)
{
    struct vim__RetrieveOptions options = {NULL};
    struct vim__RetrievePropertiesExResponse__ reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, job->client, "RetrievePropertiesEx", err);
    if (code)
        return code;
    code = wire_post(
        &wire,
        soap_send_vim__RetrievePropertiesEx__(
            wire.soap, WIRE, session_manager(job->client, MANAGER_PROPERTIES), spec, &options),
        err);
    if (!code)
        code = wire_read(&wire, soap_recv_vim__RetrievePropertiesEx__(wire.soap, &reply), err);
    if (!code)
        code = take_page(job, reply.returnval, err);
    wire_end(&wire);
    return code;
}

static enum vim_code next_page(struct job *job, struct vim_error *err)
{
    struct vim__ContinueRetrievePropertiesExResponse_ reply;
    struct wire wire;
    enum vim_code code = wire_begin(&wire, job->client, "ContinueRetrievePropertiesEx", err);
    if (code)
        return code;
    code = wire_post(
        &wire,
        soap_send_vim__ContinueRetrievePropertiesEx_(
            wire.soap, WIRE, session_manager(job->client, MANAGER_PROPERTIES), job->token),
        err);
    if (!code)
        code =
            wire_read(&wire, soap_recv_vim__ContinueRetrievePropertiesEx_(wire.soap, &reply), err);
    if (!code)
        code = take_page(job, reply.returnval, err);
    wire_end(&wire);
    return code;
}

/* ---- asking ---- */

/* The objects to ask, in one request. */
struct batch {
    size_t n;
    struct _vim__moref refs[VMS_AT_ONCE];
    struct vim__ObjectSpec objects[VMS_AT_ONCE];
};

static enum vim_code ask(struct job *job, struct batch *batch, struct vim_error *err)
{
    char *path = "layoutEx";
    struct vim__PropertySpec properties = {
        .type = "VirtualMachine", .all = "false", .__sizepathSet = 1, .pathSet = &path};
    struct vim__PropertyFilterSpec spec = {.__sizepropSet = 1,
                                           .propSet = &properties,
                                           .__sizeobjectSet = (int)batch->n,
                                           .objectSet = batch->objects};
    for (size_t i = 0; i < batch->n; i++)
        batch->objects[i] = (struct vim__ObjectSpec){.obj = &batch->refs[i], .skip = "false"};
    enum vim_code code = first_page(job, &spec, err);
    for (int pages = 1; !code && job->token; pages++)
        code = pages < CAP_UPDATE_PAGES
                   ? next_page(job, err)
                   : vim_fail(err, VIM_TOO_LARGE, "%s: more than %d pages of layouts",
                              job->client->options.url, CAP_UPDATE_PAGES);
    return code;
}

/* Takes the VM out that is gone: one that is makes the whole call fail. False if it is none of
 * ours. */
static bool leave_out(struct batch *batch, const char *moid)
{
    for (size_t i = 0; i < batch->n; i++) {
        if (strcmp(batch->refs[i].__item, moid) != 0)
            continue;
        batch->refs[i] = batch->refs[--batch->n];
        return true;
    }
    return false;
}

static enum vim_code ask_those_left(struct job *job, struct batch *batch, struct vim_error *err)
{
    struct vim_error own; /* err may be NULL */
    enum vim_code code = VIM_OK;
    do
        code = batch->n ? ask(job, batch, &own) : VIM_OK;
    while (code == VIM_OBJECT_GONE && leave_out(batch, own.object));
    if (code && err)
        *err = own;
    return code;
}

enum vim_code vim_snapshot_space(struct vim_client *client, const char *const *moids, size_t n,
                                 void (*visit)(void *ctx, const char *moid, int64_t bytes),
                                 void *ctx, struct vim_error *err)
{
    struct job job = {.client = client, .epoch = session_epoch(client), .visit = visit, .ctx = ctx};
    enum vim_code code = VIM_OK;
    if (vim_session_state(client) != VIM_SESSION_OPEN)
        return vim_fail(err, VIM_NOT_AUTHENTICATED, "%s: no session is open; log in first",
                        client->options.url);
    for (size_t i = 0; i < n && !code;) {
        struct batch batch = {.n = 0};
        for (; i < n && batch.n < VMS_AT_ONCE; i++)
            if (*moids[i] && text_clean(moids[i]))
                batch.refs[batch.n++] =
                    (struct _vim__moref){.type = "VirtualMachine", .__item = (char *)moids[i]};
        code = ask_those_left(&job, &batch, err);
    }
    free(job.token);
    return code;
}
