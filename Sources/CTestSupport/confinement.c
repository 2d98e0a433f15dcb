#define _GNU_SOURCE
#include "confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit_calls.h"

#if defined(__x86_64__)
enum { architecture = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
enum { architecture = AUDIT_ARCH_AARCH64 };
#else
#error "which architecture the system calls are of"
#endif

// Two instructions for each call: the filter depends on nothing but the number, so the kernel runs it once for each
// and remembers what came out.
#define ALLOW(name) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),

static bool filter_calls(void) {
  // Not on the stack: it is that of a signal handler's.
  static struct sock_filter instructions[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    UNIT_CALLS(ALLOW) UNIT_CALLS_OF_OLD(ALLOW)
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  };
  static const struct sock_fprog program = {sizeof instructions / sizeof instructions[0], instructions};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

// Makes a path a mount of its own, so that it can have attributes of its own.
static bool separate(const char *path) { return mount(path, path, NULL, MS_BIND | MS_REC, NULL) == 0; }

static bool set_attributes(const char *path, unsigned long long set, unsigned long long clear) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
  return mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) == 0;
}

static bool separate_all(const char *const *paths) {
  for (; paths != NULL && *paths != NULL; paths++)
    if (!separate(*paths)) return false;
  return true;
}

static bool clear_attribute(const char *const *paths, unsigned long long attribute) {
  for (; paths != NULL && *paths != NULL; paths++)
    if (!set_attributes(*paths, 0, attribute)) return false;
  return true;
}

static bool confine_files(const struct confinement *confinement) {
  const char *const *writable = confinement->writable, *const *executable = confinement->executable;
  if (writable == NULL && executable == NULL) return true;
  if (!separate_all(writable) || !separate_all(executable)) return false;
  unsigned long long all = (writable != NULL ? MOUNT_ATTR_RDONLY : 0) | (executable != NULL ? MOUNT_ATTR_NOEXEC : 0);
  return set_attributes("/", all, 0) && clear_attribute(writable, MOUNT_ATTR_RDONLY) &&
         clear_attribute(executable, MOUNT_ATTR_NOEXEC);
}

static bool enter(const char *root) {
  char path[4096];
  struct stat status;
  if (snprintf(path, sizeof path, "%s/proc", root) >= (int)sizeof path) return false;
  if (stat(path, &status) == 0 && mount("proc", path, "proc", 0, NULL) != 0) return false;
  return chroot(root) == 0 && chdir("/") == 0;
}

bool confine(const struct confinement *confinement) {
  if (confinement->root != NULL || confinement->writable != NULL || confinement->executable != NULL) {
    // Mounts that are made outside still come in, and none goes out.
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) return false;
  }
  if (confinement->root != NULL && !enter(confinement->root)) return false;
  if (!confine_files(confinement)) return false;
  if (confinement->descriptors > 0) {
    struct rlimit limit = {confinement->descriptors, confinement->descriptors};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  }
  if (confinement->user != 0) {
    if (setgroups(0, NULL) != 0 || setgid(confinement->group) != 0 || setuid(confinement->user) != 0) return false;
    // What asked for it was another user.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  }
  if (!confinement->is_filtered) return true;
  umask(007);
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_calls();
}
