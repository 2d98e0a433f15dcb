import Glibc
import LiveServer
import Testing

/// Servers that see a lower `vm.max_map_count`, which is one for the whole machine: a library that a server is started with.
///
/// The setting reads as if it were lower, and of the mappings that the kernel allows as many are taken as would not be allowed
/// then.
struct CrowdedMemory {
  private let directory: TemporaryDirectory
  private let library: PreloadedLibrary

  init() throws {
    directory = try TemporaryDirectory(in: Environment.sharedDirectory)
    let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <fcntl.h>
      #include <stdarg.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <string.h>
      #include <sys/mman.h>
      #include <sys/syscall.h>
      #include <unistd.h>

      static const char *place(const char *name) {
        static char path[512];
        snprintf(path, sizeof path, "%s/%s", "\(Environment.innerPath(directory.path))", name);
        return path;
      }

      static long number(const char *path) {
        char text[32] = {0};
        int file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        if (file < 0) return -1;
        if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
        close(file);
        return strtol(text, NULL, 10);
      }

      static int open_other(const char *path, int flags, mode_t mode) {
        if (strcmp(path, "/proc/sys/vm/max_map_count") == 0 && access(place("count"), F_OK) == 0) path = place("count");
        return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
      }

      #define OPEN(name) \\
        int name(const char *path, int flags, ...) { \\
          va_list rest; \\
          va_start(rest, flags); \\
          mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \\
          va_end(rest); \\
          return open_other(path, flags, mode); \\
        }
      OPEN(open)
      OPEN(open64)

      static long count_mappings(void) {
        static char text[1 << 16];
        long count = 0;
        int file = syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
        for (long length; file >= 0 && (length = read(file, text, sizeof text)) > 0;)
          for (long i = 0; i < length; i++) count += text[i] == '\\n';
        close(file);
        return count;
      }

      // Every other page of a range may be read: no two of its mappings are one. Where millions are allowed that takes too
      // long, and only the setting is another.
      __attribute__((constructor)) static void crowd(void) {
        long room = number(place("count")), most = number("/proc/sys/vm/max_map_count");
        if (room < 0 || most > 1 << 20) return;
        long taken = most - count_mappings() - room, size = sysconf(_SC_PAGESIZE);
        char *start = mmap(NULL, taken * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (long page = 0; start != MAP_FAILED && page < taken; page += 2) mprotect(start + page * size, size, PROT_READ);
      }
      """
    library = try PreloadedLibrary(source, in: directory)
  }

  /// The program that starts a server with that library.
  var program: [String] { library.program }

  /// From its next start on a server can have so many arrays: three quarters of the setting.
  func makeRoom(for count: Int) throws {
    try Files.write(Array("\(count / 3 * 4)\n".utf8), to: directory.path + "/count")
  }
}
