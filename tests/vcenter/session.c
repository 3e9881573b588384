/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "noise.h"
#include "server.h"

void session_drop_filter(struct filter *f)
{
    xmlFreeDoc(f->spec);
    free(f->seen);
    free(f->in);
    *f = (struct filter){0};
}

void session_drop_token(struct token *t)
{
    subject_list_free(&t->rest);
    *t = (struct token){0};
}

void session_close(struct session *s)
{
    for (size_t i = 0; i < FILTERS_MAX; i++)
        session_drop_filter(&s->filters[i]);
    for (size_t i = 0; i < TOKENS_MAX; i++)
        session_drop_token(&s->tokens[i]);
    free(s->answer);
    uint64_t waiter = s->waiter;
    *s = (struct session){.waiter = waiter + 1}; /* whoever waits, wakes up without a session */
}

void session_close_all(struct server *server)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        session_close(&server->sessions[i]);
    pthread_cond_broadcast(&server->world.changed);
}

static void new_key(struct server *server, char key[SESSION_KEY])
{
    uint64_t chance[2], count = server->sessions_made++;
    if (getrandom(chance, sizeof chance, 0) != sizeof chance) {
        chance[0] = noise_key((uint64_t)wall_now().ms, count);
        chance[1] = noise_key(chance[0], count);
    }
    snprintf(key, SESSION_KEY, "%016" PRIx64 "%016" PRIx64 "%08" PRIx64, chance[0], chance[1],
             count & 0xffffffff);
}

struct session *session_open(struct server *server)
{
    struct session *s = &server->sessions[0];
    for (size_t i = 0; i < SESSIONS_MAX && s->open; i++) {
        struct session *other = &server->sessions[i];
        if (!other->open || other->touched_ms < s->touched_ms)
            s = other;
    }
    session_close(s);
    s->open = true;
    s->next_id = 1;
    s->login_ms = world_now(&server->world);
    s->touched_ms = mono_now().ms;
    new_key(server, s->key);
    return s;
}

struct session *session_find(struct server *server, const char *key)
{
    int64_t now = mono_now().ms;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *s = &server->sessions[i];
        if (!s->open || strcmp(s->key, key) != 0)
            continue;
        if (now - s->touched_ms > SESSION_IDLE_MS) {
            session_close(s);
            return NULL;
        }
        s->touched_ms = now;
        s->calls++;
        return s;
    }
    return NULL;
}

char *session_moid(const struct session *s, const char *what, uint32_t id, char text[64])
{
    snprintf(text, 64, "session[%.12s]%s-%" PRIu32, s ? s->key : "", what, id);
    return text;
}

struct view *session_view(struct session *s, const char *moid)
{
    char own[64];
    for (size_t i = 0; i < VIEWS_MAX; i++)
        if (s->views[i].id && !strcmp(session_moid(s, "view", s->views[i].id, own), moid))
            return &s->views[i];
    return NULL;
}

struct filter *session_filter(struct session *s, const char *moid)
{
    char own[64];
    for (size_t i = 0; i < FILTERS_MAX; i++)
        if (s->filters[i].id && !strcmp(session_moid(s, "filter", s->filters[i].id, own), moid))
            return &s->filters[i];
    return NULL;
}

bool server_init(struct server *server, const struct world_options *options)
{
    *server = (struct server){
        .user = "", .password = "", .faults = {.count = -1}, .max_query_metrics = 256};
    return world_init(&server->world, options);
}

void server_free(struct server *server)
{
    session_close_all(server);
    world_free(&server->world);
}
