import DecimalText
import Glibc
import MappedArray
import ServerModule

/// Called by the entry point in C once the server's functions are looked up.
@c(server_module_load)
public func load(_ context: OpaquePointer?, _ arguments: ArgumentVector?, _ count: Int32) -> Int32 {
  Context.load(context, arguments, count, name: BindingType.name, version: Version.current.number) {
    (context, arguments) throws(LoadError) in
    try load(context, arguments)
  }
}

private func load(_ context: Context, _ arguments: [String]) throws(LoadError) {
  // Made once, and not by the first client.
  _ = PowersOfTen.shared
  ignoreFileSizeSignal()
  var options: ModuleOptions = [.handlesReadErrors, .signalsModifiedKeys, .handlesAsynchronousLoading]
  if context.isValkey { options.insert(.handlesSlotMigration) }
  context.set(options)
  let flushSetting = try FlushSetting(context)
  let workSettings = try WorkSettings(context)
  let rootSetting = try RootSetting(context, arguments)
  let root: Root
  do {
    root = try Root(path: rootSetting.path, minimumDescriptor: DescriptorLimit.raise(context))
  } catch {
    throw LoadError("the root '\(rootSetting.path)' cannot be used: \(error); name a directory with 'root DIR'")
  }
  rootSetting.path = root.path
  root.removeAbandonedFiles()
  let dataType = try BindingType.register(context)
  let services = Services(dataType: dataType, root: root, flushSetting: flushSetting, workSettings: workSettings)
  Services.install(services)
  try CommandTable.register(context)
  Services.registerInformation(context)
  NameArray.observeRestores(context)
  FaultGuard.install()
  services.start(context)
  Services.pauseWorkersForForks()
}

/// A write past `RLIMIT_FSIZE` then ends with `EFBIG`, like any other full disk, where the default would end the server.
private func ignoreFileSizeSignal() {
  var action = sigaction()
  guard sigaction(SIGXFSZ, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else { return }
  signal(SIGXFSZ, SIG_IGN)
}
