/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/assets.h"

#include <string.h>

#include "web/server.h"

const struct asset *asset_find(const char *name)
{
    for (size_t i = 0; i < assets_count; i++)
        if (strcmp(assets[i].name, name) == 0)
            return &assets[i];
    return NULL;
}

static void give(const char *name, struct reply *reply)
{
    reply->asset = asset_find(name);
    if (!reply->asset)
        reply_error(reply, MHD_HTTP_NOT_FOUND, "no asset \"%.60s\"", name);
}

void assets_page(const struct request *request, struct reply *reply)
{
    (void)request;
    give("index.html", reply);
}

void assets_file(const struct request *request, struct reply *reply)
{
    give(request->rest, reply);
}
