/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Words of the service's own figures, from the page of them itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "boards/board_table.h"
#include "report/metrics.h"

enum { HEAD = 100 };

/* The HELP of a family on the page: from it to the end of the line, or NULL. */
static const char *find(const char *page, const char *metric)
{
    char head[HEAD];
    size_t n = strlen(metric);
    if (n > 6 && strcmp(metric + n - 6, "_total") == 0)
        n -= 6; /* a family of counters has no suffix */
    snprintf(head, sizeof head, "# HELP %.*s ", (int)n, metric);
    const char *found = strstr(page, head);
    return found ? found + strlen(head) : NULL;
}

void metric_help(struct buf *out, const char *metric)
{
    struct buf page;
    struct metrics *metrics = metrics_new();
    if (!metrics)
        return;
    buf_init(&page, CAP_PAGE_BYTES);
    metrics_write(metrics, &page);
    const char *help = buf_ok(&page) ? find(page.data, metric) : NULL;
    if (help)
        buf_add(out, help, strcspn(help, "\n"));
    buf_free(&page);
    metrics_free(metrics);
}
