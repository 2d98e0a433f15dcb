import Glibc
import LiveServer
import Testing

/// A disk whose flushes fail, or whose flushes and reads take long, when it is asked to: a library that a server is started
/// with.
struct FaultyDisk {
  private let directory: TemporaryDirectory
  private let library: PreloadedLibrary

  init() throws {
    directory = try TemporaryDirectory(in: Environment.sharedDirectory)
    // The path is a part of it, because Valkey 9 has no environment.
    let source = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <errno.h>
      #include <stdio.h>
      #include <string.h>
      #include <sys/syscall.h>
      #include <unistd.h>

      static int is_told(const char *what) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", "\(Environment.innerPath(directory.path))", what);
        return access(path, F_OK) == 0;
      }

      static int is_told_once(const char *what) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", "\(Environment.innerPath(directory.path))", what);
        return unlink(path) == 0;
      }

      /// Finds out where a file is, if it is that of an array.
      static int is_array(int file, char *path, size_t size) {
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", file);
        ssize_t length = readlink(name, path, size - 1);
        path[length > 0 ? length : 0] = 0;
        return strstr(path, "/arrays/") != NULL;
      }

      ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
        char path[512];
        if (is_array(file, path, sizeof path)) {
          while (is_told("hold")) usleep(1000);
        }
        return syscall(SYS_pread64, file, buffer, count, offset);
      }

      int fdatasync(int file) {
        char path[512];
        if (is_array(file, path, sizeof path)) {
          while (is_told("wait") || (strstr(path, "slow") != NULL && is_told("wait-slow"))) usleep(1000);
          if (is_told("fail") || is_told_once("fail-once")) {
            errno = EIO;
            return -1;
          }
        }
        return (int)syscall(SYS_fdatasync, file);
      }
      """
    library = try PreloadedLibrary(source, in: directory)
  }

  /// The program that starts a server on this disk.
  var program: [String] { library.program }

  enum Fault: String {
    /// Flushes fail with EIO.
    case fail
    /// The next flush fails with EIO.
    case failOnce = "fail-once"
    /// Flushes do not end.
    case wait
    /// Those of files do not end that have "slow" in their names.
    case waitSlow = "wait-slow"
    /// Reads by threads that wait for the disk do not end.
    case hold
  }

  func begin(_ fault: Fault) throws { try Files.write([], to: "\(directory.path)/\(fault.rawValue)") }

  func end(_ fault: Fault) { unlink("\(directory.path)/\(fault.rawValue)") }
}
