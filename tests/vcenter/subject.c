/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "server.h"

static const struct {
    const char *type, *moid; /* moid of those there is one of */
} subjects[SUBJECTS] = {
    [KIND_FOLDER] = {"Folder", NULL},
    [KIND_DATACENTER] = {"Datacenter", NULL},
    [KIND_CLUSTER] = {"ClusterComputeResource", NULL},
    [KIND_HOST] = {"HostSystem", NULL},
    [KIND_DATASTORE] = {"Datastore", NULL},
    [KIND_VM] = {"VirtualMachine", NULL},
    [SUBJECT_VIEW] = {"ContainerView", NULL},
    [SUBJECT_SERVICE] = {"ServiceInstance", "ServiceInstance"},
    [SUBJECT_PERF] = {"PerformanceManager", "PerfMgr"},
    [SUBJECT_SESSIONS] = {"SessionManager", "SessionManager"},
};

#define BIT(subject) (1u << (subject))
enum { ENTITIES = BIT(KINDS) - 1 };

const char *subject_type(enum subject subject)
{
    return subjects[subject].type;
}

unsigned subjects_of_type(const char *type)
{
    static const struct {
        const char *type;
        unsigned subjects;
    } bases[] = {
        {"ManagedEntity", ENTITIES},
        {"ExtensibleManagedObject", ENTITIES},
        {"ManagedObject", BIT(SUBJECTS) - 1},
        {"ComputeResource", BIT(KIND_CLUSTER)},
        {"ManagedObjectView", BIT(SUBJECT_VIEW)},
        {"View", BIT(SUBJECT_VIEW)},
        /* Types that exist in vSphere and have no objects here. */
        {"ResourcePool", 0},
        {"Network", 0},
    };
    for (enum subject s = 0; s < SUBJECTS; s++)
        if (!strcmp(subjects[s].type, type))
            return BIT(s);
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (!strcmp(bases[i].type, type))
            return bases[i].subjects;
    return 0;
}

bool subject_find(struct server *server, struct session *session, const char *moid,
                  struct subject_ref *ret)
{
    const struct object *object = world_find(&server->world, moid);
    if (object) {
        *ret =
            (struct subject_ref){(enum subject)object->kind, world_index(&server->world, object)};
        return true;
    }
    const struct view *view = session ? session_view(session, moid) : NULL;
    if (view) {
        *ret = (struct subject_ref){SUBJECT_VIEW, (uint32_t)(view - session->views)};
        return true;
    }
    for (enum subject s = SUBJECT_VIEW + 1; s < SUBJECTS; s++)
        if (!strcmp(subjects[s].moid, moid)) {
            *ret = (struct subject_ref){s, 0};
            return true;
        }
    return false;
}

char *subject_moid(struct server *server, const struct session *session, struct subject_ref ref,
                   char text[64])
{
    if (ref.subject < SUBJECT_VIEW)
        return world_moid(&server->world, ref.index, text);
    if (ref.subject == SUBJECT_VIEW)
        return session_moid(session, "view", session->views[ref.index].id, text);
    snprintf(text, 64, "%s", subjects[ref.subject].moid);
    return text;
}

void subject_list_add(struct subject_list *list, enum subject subject, uint32_t index)
{
    if (list->n == list->room && !list->failed) {
        size_t room = list->room ? list->room * 2 : 64;
        struct subject_ref *items = realloc(list->items, room * sizeof *items);
        list->failed = !items;
        if (items) {
            list->items = items;
            list->room = room;
        }
    }
    if (!list->failed)
        list->items[list->n++] = (struct subject_ref){subject, index};
}

void subject_list_free(struct subject_list *list)
{
    free(list->items);
    *list = (struct subject_list){0};
}

static void follow_view(const struct world *w, const struct view *view, struct subject_list *list)
{
    for (uint32_t i = 0; i < w->nobjects; i++) {
        const struct object *o = &w->objects[i];
        if (!o->gone && (view->subjects & BIT(o->kind)) &&
            world_contains(w, view->container, i, view->deep))
            subject_list_add(list, (enum subject)o->kind, i);
    }
}

/* The datastores of the VM's disks. */
static void follow_disks(const struct world *w, uint32_t vm, struct subject_list *list)
{
    const struct object *o = &w->objects[vm];
    struct vm_body body = world_body(w, o, world_present(o));
    struct disk_place places[DISKS_MAX];
    unsigned used = 0;
    for (int i = disk_places(&body, places) - 1; i >= 0; i--)
        used |= BIT(places[i].datastore);
    for (int i = 0; i < DATASTORES; i++)
        if (used & BIT(i))
            subject_list_add(list, (enum subject)KIND_DATASTORE, world_datastore(w, vm, i));
}

/* Children by parent; the VMs of a host by their host. */
static void follow_children(const struct world *w, uint32_t parent, unsigned kinds,
                            struct subject_list *list)
{
    bool host = w->objects[parent].kind == KIND_HOST;
    for (uint32_t i = 1; i < w->nobjects; i++) {
        const struct object *o = &w->objects[i];
        if (o->gone || !(kinds & BIT(o->kind)))
            continue;
        if ((host ? world_present(o)->host : o->parent) == parent)
            subject_list_add(list, (enum subject)o->kind, i);
    }
}

bool subject_follow(struct server *server, struct session *session, struct subject_ref from,
                    const char *path, struct subject_list *list)
{
    static const struct {
        enum subject subject;
        unsigned kinds; /* of the children */
        const char *path;
    } ways[] = {
        {SUBJECT_VIEW, 0, "view"},
        {(enum subject)KIND_FOLDER, ENTITIES, "childEntity"},
        {(enum subject)KIND_DATACENTER, BIT(KIND_FOLDER), "hostFolder"},
        {(enum subject)KIND_DATACENTER, BIT(KIND_FOLDER), "vmFolder"},
        {(enum subject)KIND_DATACENTER, BIT(KIND_FOLDER), "datastoreFolder"},
        {(enum subject)KIND_DATACENTER, BIT(KIND_DATASTORE), "datastore"},
        {(enum subject)KIND_HOST, BIT(KIND_DATASTORE), "datastore"},
        {(enum subject)KIND_VM, BIT(KIND_DATASTORE), "datastore"},
        {(enum subject)KIND_CLUSTER, BIT(KIND_HOST), "host"},
        {(enum subject)KIND_HOST, BIT(KIND_VM), "vm"},
    };
    const struct world *w = &server->world;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (ways[i].subject != from.subject || strcmp(ways[i].path, path) != 0)
            continue;
        if (from.subject == SUBJECT_VIEW)
            follow_view(w, &session->views[from.index], list);
        else if (from.subject == (enum subject)KIND_VM)
            follow_disks(w, from.index, list);
        else if (ways[i].kinds == BIT(KIND_DATASTORE)) {
            const struct object *above = world_above(w, from.index, KIND_DATACENTER);
            follow_children(w, world_folder(w, above, KIND_DATASTORE), ways[i].kinds, list);
        } else if (from.subject == (enum subject)KIND_DATACENTER) {
            enum kind of = *path == 'v' ? KIND_VM : *path == 'h' ? KIND_HOST : KIND_DATASTORE;
            subject_list_add(list, (enum subject)KIND_FOLDER,
                             world_folder(w, &w->objects[from.index], of));
        } else
            follow_children(w, from.index, ways[i].kinds, list);
        return true;
    }
    return false;
}
