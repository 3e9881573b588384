/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * systemd's readiness protocol.
 */
#ifndef COMMANDS_NOTIFY_H
#define COMMANDS_NOTIFY_H

/* Sends a state ("READY=1") to the socket of $NOTIFY_SOCKET; does nothing without one. */
void notify_systemd(const char *state);

#endif
