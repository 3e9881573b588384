/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * From the configuration of a vCenter to the options of its collector.
 */
#ifndef COMMANDS_COLLECTING_H
#define COMMANDS_COLLECTING_H

#include "collect/collector.h"
#include "config.h"

/* Fills everything but sink and figures; texts are the configuration's. */
void collecting_options(const struct config *config, const struct vcenter_config *vcenter,
                        struct collector_options *ret);

#endif
