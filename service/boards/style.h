/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How quantities look: units of Grafana, colours, and words of codes. A layer has the same colour
 * everywhere, that of the service's own page; the four differ for the colour-blind, too.
 */
#ifndef BOARDS_STYLE_H
#define BOARDS_STYLE_H

#include "boards/json_tree.h"
#include "layers/quantity.h"

#define COLOR_GOOD "#5cc4a4"
#define COLOR_WARN "#f0b95a"
#define COLOR_BAD "#ff8a7a"
#define COLOR_NONE "#7d8791"
#define COLOR_LINE "#b39ae0"

/* Grafana's unit of a quantity, such as "percentunit". */
const char *style_unit(const struct quantity_info *info);

/* The colour of a layer, and of a quantity: that of its part, else of its layer. */
const char *style_layer(enum layer layer);
const char *style_color(const struct quantity_info *info);

/* True if the codes of a quantity have words. */
bool style_has_words(const struct quantity_info *info);

/* Writes the words of a quantity's codes as a list with this key: what is shown, in which colour.
 */
void style_mappings(struct json_tree *json, const char *key, const struct quantity_info *info);

/* A place of the verdict, 4 x resource + layer, in words: "CPU unmet (D)". */
const char *style_place_words(int place);

/* True if a rule can find that this layer of this resource hurts. */
bool style_place_judged(int place);

/* The colour that goes with a place. */
const char *style_place_color(int place);

#endif
