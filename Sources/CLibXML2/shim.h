#ifndef COUNTERPART_LIBXML2_SHIM_H
#define COUNTERPART_LIBXML2_SHIM_H

// Debian's libxml2 is built with ICU, and its headers then bring ICU's: Foundation brings its own of another version, and a
// module that sees both does not compile. What this hides is the end of a struct (xmlCharEncodingHandler) that nobody here
// looks into.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

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
