#ifndef COUNTERPART_LIBXML2_SHIM_H
#define COUNTERPART_LIBXML2_SHIM_H

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

/// `xmlFree` is a global function pointer, which Swift 6 refuses to read; this calls it.
static inline void xml_release(void *pointer) { xmlFree(pointer); }

#endif
