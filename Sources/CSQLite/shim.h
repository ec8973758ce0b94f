// sqlite3_config takes a variable number of arguments, which Swift cannot call; what is set here takes one number.
#include <sqlite3.h>

static inline int sqlite_configure(int option, int value) { return sqlite3_config(option, value); }
