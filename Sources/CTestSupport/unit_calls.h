// The system calls that Debian's units of Redis and Valkey leave to the server: @system-service without @privileged and
// @resources. Made from what `systemd-analyze syscall-filter` of systemd 252 (Debian 12) lists, of which these have a
// number on 64-bit systems.
#ifndef UNIT_CALLS_H
#define UNIT_CALLS_H

#define UNIT_CALLS(CALL) \
  CALL(accept) CALL(accept4) CALL(add_key) CALL(bind) CALL(brk) CALL(capget) CALL(chdir) CALL(clock_getres) \
  CALL(clock_gettime) CALL(clock_nanosleep) CALL(clone) CALL(clone3) CALL(close) CALL(close_range) \
  CALL(connect) CALL(copy_file_range) CALL(dup) CALL(dup3) CALL(epoll_create1) CALL(epoll_ctl) \
  CALL(epoll_pwait) CALL(epoll_pwait2) CALL(eventfd2) CALL(execve) CALL(execveat) CALL(exit) \
  CALL(exit_group) CALL(faccessat) CALL(faccessat2) CALL(fadvise64) CALL(fallocate) CALL(fchdir) \
  CALL(fchmod) CALL(fchmodat) CALL(fcntl) CALL(fdatasync) CALL(fgetxattr) CALL(flistxattr) CALL(flock) \
  CALL(fremovexattr) CALL(fsetxattr) CALL(fstat) CALL(fstatfs) CALL(fsync) CALL(ftruncate) CALL(futex) \
  CALL(futex_waitv) CALL(get_mempolicy) CALL(get_robust_list) CALL(getcpu) CALL(getcwd) CALL(getdents64) \
  CALL(getegid) CALL(geteuid) CALL(getgid) CALL(getgroups) CALL(getitimer) CALL(getpeername) CALL(getpgid) \
  CALL(getpid) CALL(getppid) CALL(getpriority) CALL(getrandom) CALL(getresgid) CALL(getresuid) \
  CALL(getrlimit) CALL(getrusage) CALL(getsid) CALL(getsockname) CALL(getsockopt) CALL(gettid) \
  CALL(gettimeofday) CALL(getuid) CALL(getxattr) CALL(inotify_add_watch) CALL(inotify_init1) \
  CALL(inotify_rm_watch) CALL(io_cancel) CALL(io_destroy) CALL(io_getevents) CALL(io_pgetevents) \
  CALL(io_setup) CALL(io_submit) CALL(io_uring_enter) CALL(io_uring_register) CALL(io_uring_setup) \
  CALL(ioctl) CALL(ioprio_get) CALL(kcmp) CALL(keyctl) CALL(kill) CALL(lgetxattr) CALL(linkat) CALL(listen) \
  CALL(listxattr) CALL(llistxattr) CALL(lremovexattr) CALL(lseek) CALL(lsetxattr) CALL(madvise) \
  CALL(membarrier) CALL(memfd_create) CALL(mkdirat) CALL(mknodat) CALL(mlock) CALL(mlock2) CALL(mlockall) \
  CALL(mmap) CALL(mprotect) CALL(mq_getsetattr) CALL(mq_notify) CALL(mq_open) CALL(mq_timedreceive) \
  CALL(mq_timedsend) CALL(mq_unlink) CALL(mremap) CALL(msgctl) CALL(msgget) CALL(msgrcv) CALL(msgsnd) \
  CALL(msync) CALL(munlock) CALL(munlockall) CALL(munmap) CALL(name_to_handle_at) CALL(nanosleep) \
  CALL(newfstatat) CALL(openat) CALL(openat2) CALL(personality) CALL(pidfd_open) CALL(pidfd_send_signal) \
  CALL(pipe2) CALL(ppoll) CALL(prctl) CALL(pread64) CALL(preadv) CALL(preadv2) CALL(prlimit64) \
  CALL(process_madvise) CALL(process_vm_readv) CALL(process_vm_writev) CALL(pselect6) CALL(pwrite64) \
  CALL(pwritev) CALL(pwritev2) CALL(read) CALL(readahead) CALL(readlinkat) CALL(readv) CALL(recvfrom) \
  CALL(recvmmsg) CALL(recvmsg) CALL(remap_file_pages) CALL(removexattr) CALL(renameat) CALL(renameat2) \
  CALL(request_key) CALL(restart_syscall) CALL(rseq) CALL(rt_sigaction) CALL(rt_sigpending) \
  CALL(rt_sigprocmask) CALL(rt_sigqueueinfo) CALL(rt_sigreturn) CALL(rt_sigsuspend) CALL(rt_sigtimedwait) \
  CALL(rt_tgsigqueueinfo) CALL(sched_get_priority_max) CALL(sched_get_priority_min) CALL(sched_getaffinity) \
  CALL(sched_getattr) CALL(sched_getparam) CALL(sched_getscheduler) CALL(sched_rr_get_interval) \
  CALL(sched_yield) CALL(semctl) CALL(semget) CALL(semop) CALL(semtimedop) CALL(sendfile) CALL(sendmmsg) \
  CALL(sendmsg) CALL(sendto) CALL(set_robust_list) CALL(set_tid_address) CALL(setfsgid) CALL(setgid) \
  CALL(setitimer) CALL(setns) CALL(setpgid) CALL(setregid) CALL(setresgid) CALL(setsid) CALL(setsockopt) \
  CALL(setxattr) CALL(shmat) CALL(shmctl) CALL(shmdt) CALL(shmget) CALL(shutdown) CALL(sigaltstack) \
  CALL(signalfd4) CALL(socket) CALL(socketpair) CALL(splice) CALL(statfs) CALL(statx) \
  CALL(symlinkat) CALL(sync) CALL(sync_file_range) CALL(syncfs) CALL(sysinfo) CALL(tee) CALL(tgkill) \
  CALL(timer_create) CALL(timer_delete) CALL(timer_getoverrun) CALL(timer_gettime) CALL(timer_settime) \
  CALL(timerfd_create) CALL(timerfd_gettime) CALL(timerfd_settime) CALL(times) CALL(tkill) CALL(truncate) \
  CALL(umask) CALL(uname) CALL(unlinkat) CALL(unshare) CALL(userfaultfd) CALL(utimensat) CALL(vmsplice) \
  CALL(wait4) CALL(waitid) CALL(write) CALL(writev)

// What newer architectures have other calls for.
#ifdef __x86_64__
#define UNIT_CALLS_OF_OLD(CALL) \
  CALL(access) CALL(alarm) CALL(arch_prctl) CALL(chmod) CALL(creat) CALL(dup2) CALL(epoll_create) \
  CALL(epoll_ctl_old) CALL(epoll_wait) CALL(epoll_wait_old) CALL(eventfd) CALL(fork) CALL(futimesat) \
  CALL(get_thread_area) CALL(getdents) CALL(getpgrp) CALL(inotify_init) CALL(link) CALL(lstat) CALL(mkdir) CALL(mknod) \
  CALL(open) CALL(pause) CALL(pipe) CALL(poll) CALL(readlink) CALL(rename) CALL(rmdir) CALL(select) \
  CALL(set_thread_area) CALL(signalfd) CALL(stat) CALL(symlink) CALL(time) CALL(unlink) CALL(utime) CALL(utimes) \
  CALL(vfork)
#else
#define UNIT_CALLS_OF_OLD(CALL)
#endif

#endif
