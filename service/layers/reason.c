/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/reason.h"

static const struct reason_info reasons[REASON_COUNT] = {
    [REASON_OK] = {STATUS_OK, "ok", "ok"},
    [REASON_NO_GUEST_SOURCE] = {STATUS_UNAVAILABLE, "no_guest_source", "no guest source"},
    [REASON_STATES_DO_NOT_ADD_UP] = {STATUS_UNAVAILABLE, "states_do_not_add_up",
                                     "vCPU states do not add up to the interval"},
    [REASON_MISSING_SAMPLE] = {STATUS_UNAVAILABLE, "missing_sample", "a needed sample is missing"},
    [REASON_COUNTER_NOT_OFFERED] = {STATUS_UNAVAILABLE, "counter_not_offered",
                                    "a needed counter is not offered, or switched off"},
    [REASON_NO_VCPU_INSTANCES] = {STATUS_PARTIAL, "no_vcpu_instances",
                                  "no values per vCPU, only of the VM"},
    [REASON_PART_MISSING] = {STATUS_PARTIAL, "part_missing", "a part has no value"},
    [REASON_PARTS_CONTRADICT] = {STATUS_PARTIAL, "parts_contradict", "parts contradict each other"},
    [REASON_SYSTEM_ONLY] = {STATUS_PARTIAL, "system_only",
                            "system time only, no estimate of the other worlds"},
    [REASON_FREQUENCY_ESTIMATE] = {STATUS_PARTIAL, "frequency_estimate",
                                   "estimated by frequency, used time is missing"},
    [REASON_SPACES_EXCEED] = {STATUS_PARTIAL, "spaces_exceed",
                              "memory spaces add up to more than is configured"},
    [REASON_NO_COUNTER] = {STATUS_UNAVAILABLE, "no_counter", "vSphere has no counter of it"},
    [REASON_RAW_MAPPING] = {STATUS_PARTIAL, "raw_mapping",
                            "a raw device mapping: snapshot throughput only, no IO counts"},
    [REASON_FILE_STORAGE] = {STATUS_PARTIAL, "file_storage",
                             "on NFS or vSAN: snapshot IO counts only, no throughput"},
    [REASON_BACKING] = {STATUS_UNAVAILABLE, "backing",
                        "what is behind the disks is not known, or no counter sees all of it"},
    [REASON_SWAP_IO] = {STATUS_PARTIAL, "swap_io", "the host swaps: its IO is in here, too"},
    [REASON_WHOLE_MILLISECONDS] = {STATUS_OK, "whole_milliseconds",
                                   "ok, latency in whole milliseconds"},
    [REASON_GUEST_COUNTERS] = {STATUS_OK, "guest_counters", "ok, from counters of the guest"},
    [REASON_GUEST_VARIABLE] = {STATUS_OK, "guest_variable", "ok, from guestinfo.vstrata"},
    [REASON_GUEST_STALE] = {STATUS_UNAVAILABLE, "guest_stale", "the guest's report is too old"},
    [REASON_GUEST_REFUSED] = {STATUS_UNAVAILABLE, "guest_refused",
                              "the guest's report was refused"},
};

const struct reason_info *reason_info(int64_t code)
{
    static const struct reason_info unknown = {STATUS_UNAVAILABLE, "unknown_reason",
                                               "unknown reason"};
    return code >= 0 && code < REASON_COUNT ? &reasons[code] : &unknown;
}

const char *status_name(enum layer_status status)
{
    static const char *const names[] = {
        [STATUS_OK] = "ok",
        [STATUS_PARTIAL] = "partial",
        [STATUS_UNAVAILABLE] = "unavailable",
    };
    return names[status];
}
