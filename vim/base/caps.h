/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Every buffer, queue and list of the program that a peer can make grow has its cap here, and
 * nowhere else, so that the worst case of memory can be read off one page.
 */
#ifndef BASE_CAPS_H
#define BASE_CAPS_H

#include <stddef.h>

enum {
    /* ---- what a vCenter may send ---- */
    CAP_REPLY_BYTES = 64 << 20,  /* one reply, counted after decompression */
    CAP_REPLY_VALUES = 16 << 20, /* numbers of one QueryPerf reply: 128 MiB */
    CAP_XML_DEPTH = 48,          /* nested elements of a QueryPerf reply */
    CAP_SOAP_DEPTH = 320,        /* of any other: a disk has its chain as nested parents */
    CAP_XML_TEXT = 64 << 10,     /* text of one element of a QueryPerf reply */
    CAP_XML_GAP = 64 << 10,      /* bytes between two '<': bounds tags and text alike */
    CAP_XML_ATTRIBUTES = 16,     /* attributes of one tag */
    CAP_SOAP_LIST = 1000000,     /* elements of one list, gSOAP's maxoccurs */
    CAP_SOAP_TEXT = 1 << 20,     /* one text, gSOAP's maxlength */
    CAP_SAMPLES = 4096,          /* samples of one entity in one reply; an hour has 180 */
    CAP_SERIES = 32768,          /* series of one entity in one reply: raw counters of all LUNs */
    CAP_INSTANCE = 128,          /* length of an instance name */
    CAP_VCPUS = 1024,            /* vCPUs of one VM; vSphere 8 allows 768 */
    CAP_NAME = 256,              /* length of a name kept as a label, in bytes */
    CAP_DEVICE_NAMES = 8 << 10,  /* LABEL_DEVICES: names of the devices of one VM */
    CAP_OBJECTS = 400000,        /* objects of one inventory */
    CAP_UPDATE_PAGES = 10000,    /* pages of one truncated WaitForUpdatesEx or token loop */
    CAP_DEVICES = 1024,          /* devices kept of one VM; vSphere 8 allows some 700 disks */
    CAP_DEVICE_INSTANCE = 12,    /* room for a device's instance name, "scsi3:64" */
    CAP_GUEST_DISKS = 1024,      /* disks of one guest that are summed up */
    CAP_LAYOUT_FILES = 65536,    /* files of the snapshots of one VM */
    CAP_RAW_COUNTERS = 512,      /* counters of one server that are wanted as they come */
    CAP_GUEST_TEXT = 1024,       /* what a guest publishes of itself, in bytes */

    /* ---- what we send ---- */
    CAP_REQUEST_BYTES = 16 << 20, /* one SOAP request */
    CAP_STORE_BODY = 4 << 20,     /* one write to a store, before compression */
    CAP_KAFKA_QUEUE = 64 << 20,   /* messages that brokers have not acknowledged yet */
    CAP_STORE_REPLY = 64 << 10,   /* what we read of a store's answer */
    CAP_STORE_TOKEN = 8 << 10,    /* an Authorization header */
    CAP_STORE_LANES = 32,         /* requests to one store at the same time */
    CAP_STORE_REFUSALS = 256,     /* refusals of one lane, each with a reason */
    CAP_DEAD_LETTER = 4 << 20,    /* one refused row as JSON */

    /* ---- what we keep ---- */
    CAP_ROW_BATCH_VALUES = 1 << 24, /* values of one batch of rows */
    CAP_JOURNAL_BLOB = 128 << 20,   /* one encoded batch */
    CAP_EMBEDDED_BYTES = 64 << 20,  /* rows that no day file has yet (the journal has them) */
    CAP_EMBEDDED_POINTS = 1 << 24,  /* points of one query of the embedded store */
    CAP_EMBEDDED_BLOB = 80 << 20,   /* one chunk: 3,600,000 points of 20 bytes at worst */
    CAP_PAGE_BYTES = 64 << 20,      /* one answer of the web server */
    CAP_QUERY_TEXT = 4096,          /* one parameter of a request to the web server */
    CAP_QUERY_SERIES = 8192,        /* series of one answer */
    CAP_QUERY_POINTS = 2000000,     /* points of one answer, after aggregation */
    CAP_QUERY_ROWS = 1000,          /* VMs of one answer */
    CAP_WEB_CONNECTIONS = 128,
    CAP_DEAD_LETTERS = 16 << 20, /* the file of refused rows of one store; two are kept */
    CAP_SQL_SERIES = 2 << 20,    /* keys of series a database is known to have: 64 MiB */
    CAP_CONFIG_BYTES = 1 << 20,  /* a configuration or secret file */
    CAP_CONFIG_LIST = 256,       /* texts of one option of it */
    CAP_VCENTERS = 64,
    CAP_STORES = 16,
};

#endif
