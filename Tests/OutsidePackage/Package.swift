// swift-tools-version: 6.3
import PackageDescription

// Somebody else's package, which uses the array library and nothing more: see `Scripts/use-package`.
let package = Package(
  name: "outside",
  dependencies: [.package(name: "mmaparray", path: Context.environment["MMAPARRAY_PACKAGE"] ?? "../..")],
  targets: [
    .executableTarget(name: "Outside", dependencies: [.product(name: "MappedArray", package: "mmaparray")])
  ],
  swiftLanguageModes: [.v6]
)
