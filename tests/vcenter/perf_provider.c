/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the performance manager offers, and for whom.
 */
#include <stdio.h>

#include "operations.h"
#include "perf_info.h"
#include "xml.h"

static bool find_entity(struct call *c, struct subject_ref *ref)
{
    const xmlNode *entity = xml_first(c->request, "entity");
    if (!entity || !subject_find(c->server, NULL, xml_text(entity), ref))
        return soap_fault_not_found(c, entity);
    if (ref->subject >= SUBJECT_VIEW)
        return soap_fault_argument(c, "entity");
    return true;
}

bool op_query_perf_provider_summary(struct call *c)
{
    struct subject_ref ref = {SUBJECTS, 0};
    char moid[64];
    if (!find_entity(c, &ref))
        return false;
    bool current = ref.subject == (enum subject)KIND_VM || ref.subject == (enum subject)KIND_HOST;
    buf_str(c->out, "<returnval>");
    xml_element_ref(c->out, "entity", subject_type(ref.subject),
                    subject_moid(c->server, NULL, ref, moid));
    xml_element(c->out, "currentSupported", current ? "true" : "false");
    xml_element(c->out, "summarySupported", "true");
    if (current)
        xml_element_int(c->out, "refreshRate", SLOT_MS / 1000);
    buf_str(c->out, "</returnval>");
    return true;
}

static void metric(struct buf *out, int32_t id, const char *instance)
{
    buf_str(out, "<returnval>");
    xml_element_int(out, "counterId", id);
    xml_element(out, "instance", instance);
    buf_str(out, "</returnval>");
}

static void metrics_of_vm(struct call *c, const struct counter *counter, int32_t id,
                          const struct vm_sample *shape)
{
    int instances[INSTANCE_MAX];
    int n = catalogue_instances(counter, shape, instances);
    for (int i = 0; i < n; i++) {
        char text[INSTANCE_TEXT];
        metric(c->out, id, catalogue_instance(counter, shape, instances[i], text));
    }
}

static void metrics_of_host(struct call *c, const struct counter *counter, int32_t id)
{
    int instances[INSTANCE_MAX];
    int n = catalogue_host_instances(counter, instances);
    for (int i = 0; i < n; i++) {
        char text[INSTANCE_TEXT];
        metric(c->out, id, catalogue_host_instance(counter, instances[i], text));
    }
}

/* NULL: of a host. */
static void metrics(struct call *c, const struct vm_sample *shape)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    for (size_t row = 0; row < catalogue->n; row++) {
        const struct counter *counter = catalogue_row(row);
        if (!catalogue_listed(catalogue, row))
            continue;
        if (shape)
            metrics_of_vm(c, counter, catalogue->id[row], shape);
        else
            metrics_of_host(c, counter, catalogue->id[row]);
    }
}

bool op_query_available_perf_metric(struct call *c)
{
    struct subject_ref ref = {SUBJECTS, 0};
    int64_t interval = 0;
    if (!find_entity(c, &ref))
        return false;
    if (!xml_child_int(c->request, "intervalId", 20, &interval) || interval <= 0)
        return soap_fault_argument(c, "intervalId");
    const struct world *w = &c->server->world;
    const struct object *o = &w->objects[ref.index];
    if (interval == 20 && ref.subject == (enum subject)KIND_HOST)
        metrics(c, NULL);
    if (interval != 20 || ref.subject != (enum subject)KIND_VM || !world_present(o)->on)
        return true;
    struct vm_body body = world_body(w, o, world_present(o));
    struct vm_sample shape;
    physics_shape(&body, &shape);
    metrics(c, &shape);
    metric(c->out, w->catalogue.phantom, ""); /* real servers do that too */
    return true;
}

bool op_query_perf_counter(struct call *c)
{
    const struct catalogue *catalogue = &c->server->world.catalogue;
    for (const xmlNode *node = xml_first(c->request, "counterId"); node;
         node = xml_next(node, "counterId")) {
        int id = -1, row = -1;
        if (sscanf(xml_text(node), "%d", &id) == 1)
            row = catalogue_find(catalogue, id);
        if (row < 0)
            return soap_fault_argument(c, "counterId");
        perf_info_counter(catalogue, (size_t)row, "returnval", c->out);
    }
    return true;
}
