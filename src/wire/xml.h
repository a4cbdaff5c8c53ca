/* xml.h - reads an XML document as a stream of paths. Pure. */
#ifndef HOSTQ_WIRE_XML_H
#define HOSTQ_WIRE_XML_H

#include <stddef.h>

#include "base/err.h"

#define XML_DEPTH_MAX 64
#define XML_PATH_MAX 1024
#define XML_TEXT_MAX ((size_t)64 * 1024) /* bytes of one element's text */

/* path: local names below the root, joined by '/' ("instancesSet/item"); of
 * the root it is "". start comes before what is inside, end after it. text:
 * what is directly inside the element, "" where it has children; valid until
 * the handler returns. Either may be NULL. */
struct xml_handler {
    void (*start)(void *arg, const char *path);
    void (*end)(void *arg, const char *path, const char *text);
};

/* Reads the whole document; namespaces are dropped. -1: not well-formed, cut,
 * neither UTF-8 nor UTF-16 whatever it says it is, has a DOCTYPE, or passes a
 * limit; the text names line and reason. What the handlers were told by then is
 * to be thrown away. */
int xml_read(const void *data, size_t len, const struct xml_handler *h,
             void *arg, struct err *err);
/* The same, where the root's local name must be that one; of a document with
 * another the handlers are told nothing. */
int xml_read_as(const char *root, const void *data, size_t len,
                const struct xml_handler *h, void *arg, struct err *err);

#endif
