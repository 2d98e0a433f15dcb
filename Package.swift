// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "mmaparray",
  products: [
    .library(name: "MappedArray", targets: ["MappedArray"]),
    .library(name: "mmaparray", type: .dynamic, targets: ["MMapArrayModule"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0")
  ],
  targets: [
    // The entry points that the server calls and one-line forwarders to its functions.
    .target(name: "CModuleShim", path: "CModuleShim", exclude: ["exports.map"]),
    // System calls that Swift cannot import because C declares them variadic.
    .target(name: "CSystemCalls"),
    // Files of numbers as arrays. Knows no server.
    .target(
      name: "MappedArray",
      dependencies: ["CSystemCalls", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: swiftSettings),
    // The commands, on top of it. Knows no file format.
    .target(
      name: "MMapArrayModule",
      dependencies: ["CModuleShim", "MappedArray"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MappedArrayTests",
      dependencies: ["MappedArray", .product(name: "SystemPackage", package: "swift-system")],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)
