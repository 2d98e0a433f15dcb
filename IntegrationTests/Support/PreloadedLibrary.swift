import LiveServer
import Testing

/// A library in C that a server is started with, whose functions stand before the system's.
struct PreloadedLibrary {
  /// What starts a server with it.
  let program: [String]

  /// Builds it in a directory that the server sees too.
  init(_ source: String, in directory: TemporaryDirectory) throws {
    let (text, object) = ("\(directory.path)/library.c", "\(directory.path)/library.so")
    try Files.write(Array((source + PreloadedLibrary.loading).utf8), to: text)
    try Python.run(
      script: "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)",
      arguments: ["cc", "-shared", "-fPIC", "-o", object, text])
    program = ["env", "LD_PRELOAD=\(Environment.innerPath(object))"] + Environment.program
  }

  private static let loading = """

    // Valkey 9 has modules find the system's functions before ours.
    void *dlopen(const char *path, int flags) {
      void *(*next)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
      return next(path, flags & ~RTLD_DEEPBIND);
    }

    """
}
