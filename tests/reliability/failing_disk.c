/* A disk that fails under a program that knows nothing of it, as SQLite: loaded before the C
   library, it lets the n-th call about files of one folder fail, or all from the n-th on. The
   folder that READ_ONLY_FOLDER names is on a file system that cannot be written. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 4, UNLINK = 8 };

static char folder[4096];
static int kinds, fault, goes_on;
static long wanted, seen, failed;

/* Fail the n-th call of these kinds below a folder; fault 0: write half of it, then no more. */
void failing_disk_arm(const char *where, int which, long nth, int with, int from_then_on) {
  snprintf(folder, sizeof folder, "%s", where);
  kinds = which, wanted = nth, fault = with, goes_on = from_then_on;
  seen = failed = 0;
}

/* Let everything pass again; how many calls failed. */
long failing_disk_disarm(void) {
  kinds = 0;
  return failed;
}

static int is_due(int kind, const char *path) {
  if (!(kinds & kind) || !strstr(path, folder)) return 0;
  seen++;
  if (seen != wanted && !(goes_on && seen > wanted)) return 0;
  failed++;
  return 1;
}

static int is_due_for(int kind, int file) {
  char link[64], path[4096];
  if (!(kinds & kind)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_due(kind, path);
}

static int refuse(void) {
  errno = fault ? fault : ENOSPC;
  return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size) {
  if (!is_due_for(WRITE, file)) return REAL(write)(file, data, size);
  return fault || failed > 1 ? refuse() : REAL(write)(file, data, size / 2);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  if (!is_due_for(WRITE, file)) return REAL(pwrite)(file, data, size, at);
  return fault || failed > 1 ? refuse() : REAL(pwrite)(file, data, size / 2, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  if (!is_due_for(WRITE, file)) return REAL(pwrite64)(file, data, size, at);
  return fault || failed > 1 ? refuse() : REAL(pwrite64)(file, data, size / 2, at);
}

int fsync(int file) { return is_due_for(SYNC, file) ? refuse() : REAL(fsync)(file); }
int fdatasync(int file) { return is_due_for(SYNC, file) ? refuse() : REAL(fdatasync)(file); }

int ftruncate(int file, off_t size) {
  return is_due_for(TRUNCATE, file) ? refuse() : REAL(ftruncate)(file, size);
}
int ftruncate64(int file, off64_t size) {
  return is_due_for(TRUNCATE, file) ? refuse() : REAL(ftruncate64)(file, size);
}

static int is_read_only(const char *path) {
  const char *where = getenv("READ_ONLY_FOLDER");
  if (!where || !strstr(path, where)) return 0;
  errno = EROFS;
  return 1;
}

int unlink(const char *path) {
  if (is_read_only(path)) return -1;
  return is_due(UNLINK, path) ? refuse() : REAL(unlink)(path);
}

#define OPEN(name)                                                                \
  int name(const char *path, int flags, ...) {                                    \
    va_list more;                                                                 \
    va_start(more, flags);                                                        \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;       \
    va_end(more);                                                                 \
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);  \
    return writes && is_read_only(path) ? -1 : REAL(name)(path, flags, mode);     \
  }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
  return is_read_only(path) ? -1 : REAL(mkdir)(path, mode);
}
int rename(const char *from, const char *to) {
  return is_read_only(from) || is_read_only(to) ? -1 : REAL(rename)(from, to);
}
int access(const char *path, int mode) {
  return mode & W_OK && is_read_only(path) ? -1 : REAL(access)(path, mode);
}
int chmod(const char *path, mode_t mode) {
  return is_read_only(path) ? -1 : REAL(chmod)(path, mode);
}
