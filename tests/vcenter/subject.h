/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a property collector can be asked about: objects of the inventory and the few managers and
 * views beside it, their types and their properties.
 */
#ifndef VCENTER_SUBJECT_H
#define VCENTER_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "world.h"

enum subject { /* the first are enum kind */
               SUBJECT_VIEW = KINDS,
               SUBJECT_SERVICE,
               SUBJECT_PERF,
               SUBJECT_SESSIONS,
               SUBJECTS
};

struct subject_ref {
    enum subject subject;
    uint32_t index; /* of the object in the world, or of the view in its session */
};

struct subject_list {
    size_t n, room;
    struct subject_ref *items;
    bool failed;
};

struct properties {    /* what is asked of each object */
    uint64_t rows;     /* bits of the property table */
    unsigned subjects; /* bits: subjects of the types asked, even with no property of theirs */
};

struct session;
struct server;

/* "VirtualMachine", "ContainerView" ... */
const char *subject_type(enum subject subject);

/* Bits 1u << enum subject of the types that are, or derive from, this type; 0 = unknown type. */
unsigned subjects_of_type(const char *type);

/* Resolves a reference; false if there is no such object. session may be NULL. */
bool subject_find(struct server *server, struct session *session, const char *moid,
                  struct subject_ref *ret);

/* The moid of a reference. */
char *subject_moid(struct server *server, const struct session *session, struct subject_ref ref,
                   char text[64]);

/* Adds what is asked of a type; path NULL = all. False if no subject of the type has the path. */
bool properties_add(struct properties *properties, const char *type, const char *path);

/* The rows of *properties that belong to a subject, and of those the ones whose value changed after
 * the sequence number. */
uint64_t properties_of(const struct properties *properties, enum subject subject);
uint64_t properties_changed(uint64_t rows_asked, const struct object *object, uint32_t after);

/* The aspects (bits 1u << enum aspect) on which the values of the rows depend. */
unsigned properties_aspects(const struct properties *properties);

enum properties_for {
    PROPERTIES_OF_OBJECT, /* <propSet><name>path</name><val ...>...</val></propSet> of each */
    PROPERTIES_ENTERED,   /* <changeSet><name>path</name><op>assign</op><val ...>...</changeSet> */
    PROPERTIES_CHANGED,   /* the same; one that is not set any more is told without a value */
};

/* Writes the rows asked; unset properties are left out unless they changed. */
void properties_write(struct server *server, struct session *session, struct subject_ref ref,
                      uint64_t asked, enum properties_for purpose, struct buf *out);

/* Appends the objects that a traversal finds: path of one subject. False if it has no such path. */
bool subject_follow(struct server *server, struct session *session, struct subject_ref from,
                    const char *path, struct subject_list *list);

void subject_list_add(struct subject_list *list, enum subject subject, uint32_t index);
void subject_list_free(struct subject_list *list);

/* The members of ServiceContent, which is a property and an answer. */
void subject_service_content(struct server *server, struct buf *out);

/* The members of UserSession. */
void subject_user_session(struct server *server, const struct session *session, struct buf *out);

#endif
