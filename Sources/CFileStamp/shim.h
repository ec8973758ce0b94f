// What stat(2) says of a file, in a struct of our own: which of Swift's modules owns `struct stat` depends on what else
// is imported, and a file that names its members compiles with one set of imports and not with another.
#include <errno.h>
#include <sys/stat.h>

struct file_stamp {
  unsigned long long inode;
  long long bytes;
  // In nanoseconds since 1970.
  long long modified;
  long long changed;
  unsigned int mode;
  unsigned int owner;
  unsigned int group;
};

// 0, or why the file cannot be looked at, as errno has it.
static inline int file_stamp_read(const char *path, struct file_stamp *stamp) {
  struct stat status;
  if (stat(path, &status) != 0) return errno;
  stamp->inode = status.st_ino;
  stamp->bytes = status.st_size;
  stamp->modified = status.st_mtim.tv_sec * 1000000000LL + status.st_mtim.tv_nsec;
  stamp->changed = status.st_ctim.tv_sec * 1000000000LL + status.st_ctim.tv_nsec;
  stamp->mode = status.st_mode & 0777;
  stamp->owner = status.st_uid;
  stamp->group = status.st_gid;
  return 0;
}
