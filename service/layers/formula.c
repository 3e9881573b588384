/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/formula.h"

#include <string.h>

enum { WORD = 80 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_.";

/* The next word with a point in it, without one at its end; false behind the last. */
static bool next_word(const char **at, char ret[WORD])
{
    while (**at) {
        *at += strcspn(*at, letters);
        size_t n = strspn(*at, letters);
        const char *word = *at;
        *at += n;
        while (n && word[n - 1] == '.')
            n--;
        if (n >= WORD || !memchr(word, '.', n))
            continue;
        memcpy(ret, word, n);
        ret[n] = '\0';
        return true;
    }
    return false;
}

static void add_quantity(struct formula *formula, enum quantity quantity)
{
    for (size_t i = 0; i < formula->nquantities; i++)
        if (formula->quantities[i] == quantity)
            return;
    if (formula->nquantities < FORMULA_WORDS)
        formula->quantities[formula->nquantities++] = quantity;
}

static void add_counter(struct formula *formula, enum counter counter)
{
    for (size_t i = 0; i < formula->ncounters; i++)
        if (formula->counters[i] == counter)
            return;
    if (formula->ncounters < FORMULA_WORDS)
        formula->counters[formula->ncounters++] = counter;
}

void formula_read(const struct quantity_info *info, struct formula *ret)
{
    char word[WORD];
    *ret = (struct formula){.nquantities = 0};
    for (const char *at = info->formula; next_word(&at, word);) {
        const struct quantity_info *named = quantity_find(word);
        if (named && named != info)
            add_quantity(ret, named->id);
        for (enum counter counter = 0; counter < COUNTER_COUNT; counter++)
            if (strcmp(counter_info(counter)->name, word) == 0)
                add_counter(ret, counter);
    }
}
