/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The operations. Each writes the members of its answer and returns true, or fills a fault and
 * returns false. All run under the world's lock; those that take long give it up meanwhile.
 */
#ifndef VCENTER_OPERATIONS_H
#define VCENTER_OPERATIONS_H

#include "soap.h"

/* service.c */
bool op_retrieve_service_content(struct call *call);
bool op_login(struct call *call);
bool op_logout(struct call *call);
bool op_session_is_active(struct call *call);
bool op_current_time(struct call *call);
bool op_query_options(struct call *call);

/* collector.c */
bool op_create_container_view(struct call *call);
bool op_destroy_view(struct call *call);
bool op_create_filter(struct call *call);
bool op_destroy_property_filter(struct call *call);
bool op_retrieve_properties(struct call *call);
bool op_retrieve_properties_ex(struct call *call);
bool op_continue_retrieve_properties_ex(struct call *call);
bool op_cancel_retrieve_properties_ex(struct call *call);

/* updates.c */
bool op_wait_for_updates_ex(struct call *call);
bool op_cancel_wait_for_updates(struct call *call);

/* query_perf.c, perf_provider.c */
bool op_query_perf(struct call *call);
bool op_query_perf_provider_summary(struct call *call);
bool op_query_available_perf_metric(struct call *call);
bool op_query_perf_counter(struct call *call);

#endif
