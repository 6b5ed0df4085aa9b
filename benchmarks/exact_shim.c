/* A disk that fails on request: preloaded into a server, it answers the system calls on one file and those beside it.

   FAULT_FILE     where the file is: every path that begins so is concerned (its log, its index)
   FAULT_CONTROL  six 32-bit numbers, read at every call: an errno for each of flushing, writing, opening for writing
                  and reading, milliseconds that a flush takes, and how many were refused so far
   Where a number is 0 the call is the system's own. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { FLUSH, WRITE, OPEN, READ, SLOW, REFUSED, NUMBERS };

static volatile int32_t *numbers;
static const char *prefix;

__attribute__((constructor)) static void begin(void) {
    const char *control = getenv("FAULT_CONTROL");
    prefix = getenv("FAULT_FILE");
    if (control == NULL || prefix == NULL) return;
    int file = open(control, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *page = mmap(NULL, NUMBERS * sizeof(int32_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) numbers = page;
    close(file);
}

static int named(const char *path) { return path != NULL && strncmp(path, prefix, strlen(prefix)) == 0; }

static int ours(int file) {
    char link[64], path[4096];
    char digits[16], *end = digits + sizeof digits;
    *--end = 0;
    for (unsigned number = (unsigned)file, first = 1; first || number; number /= 10, first = 0) *--end = (char)('0' + number % 10);
    strcpy(link, "/proc/self/fd/");
    strcat(link, end);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return named(path);
}

static int refused(int which, int file) {
    if (numbers == NULL || numbers[which] == 0 || !ours(file)) return 0;
    __atomic_add_fetch((int32_t *)&numbers[REFUSED], 1, __ATOMIC_RELAXED);
    errno = numbers[which];
    return 1;
}

static void slowly(int file) {
    if (numbers == NULL || numbers[SLOW] == 0 || !ours(file)) return;
    struct timespec pause = {numbers[SLOW] / 1000, (numbers[SLOW] % 1000) * 1000000L};
    nanosleep(&pause, NULL);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int file) {
    slowly(file);
    return refused(FLUSH, file) ? -1 : REAL(fsync)(file);
}

int fdatasync(int file) {
    slowly(file);
    return refused(FLUSH, file) ? -1 : REAL(fdatasync)(file);
}

ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
    return refused(WRITE, file) ? -1 : REAL(pwrite)(file, from, size, at);
}

ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) {
    return refused(WRITE, file) ? -1 : REAL(pwrite64)(file, from, size, at);
}

int ftruncate(int file, off_t size) { return refused(WRITE, file) ? -1 : REAL(ftruncate)(file, size); }

int ftruncate64(int file, off64_t size) { return refused(WRITE, file) ? -1 : REAL(ftruncate64)(file, size); }

ssize_t pread(int file, void *into, size_t size, off_t at) {
    return refused(READ, file) ? -1 : REAL(pread)(file, into, size, at);
}

ssize_t pread64(int file, void *into, size_t size, off64_t at) {
    return refused(READ, file) ? -1 : REAL(pread64)(file, into, size, at);
}

static int refused_open(const char *path, int flags) {
    if (numbers == NULL || numbers[OPEN] == 0 || !named(path) || (flags & O_ACCMODE) == O_RDONLY) return 0;
    __atomic_add_fetch((int32_t *)&numbers[REFUSED], 1, __ATOMIC_RELAXED);
    errno = numbers[OPEN];
    return 1;
}

#define OPENS(name)                                      \
    int name(const char *path, int flags, ...) {         \
        va_list more;                                    \
        va_start(more, flags);                           \
        mode_t mode = (mode_t)va_arg(more, int);         \
        va_end(more);                                    \
        if (refused_open(path, flags)) return -1;        \
        return REAL(name)(path, flags, mode);            \
    }

OPENS(open)
OPENS(open64)
