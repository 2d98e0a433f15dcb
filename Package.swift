// swift-tools-version: 6.3
import PackageDescription

let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "mmaparray",
  products: [
    .library(name: "MappedArray", targets: ["MappedArray"]),
    .library(name: "MappedArrayClient", targets: ["MappedArrayClient"]),
    .library(name: "mmaparray", type: .dynamic, targets: ["MMapArrayModule"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.6.0"),
    // The benchmark's.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // MARK: The module
    // The entry points that the server calls and one-line forwarders to its functions.
    .target(name: "CModuleShim", path: "CModuleShim", exclude: ["exports.map"]),
    // Locks of files that a forked child does not share.
    .target(name: "CFileLocks"),
    // System calls that Swift cannot import.
    .target(name: "CSystemCalls"),
    // The handler that survives files which lose pages.
    .target(name: "CFaultGuard"),
    // Numbers from and to decimal text. Knows nothing else.
    .target(name: "DecimalText", swiftSettings: swiftSettings),
    // Files of numbers as arrays. Knows no server.
    .target(
      name: "MappedArray", dependencies: ["CFaultGuard", "CFileLocks", "CSystemCalls", "DecimalText", system],
      swiftSettings: swiftSettings),
    // The thread that flushes files, in C so that it cannot hurt a fork.
    .target(name: "CFlusher"),
    // The commands, on top of it. Knows no file format.
    .target(
      name: "MMapArrayModule", dependencies: ["CFlusher", "CModuleShim", "DecimalText", "MappedArray", system],
      swiftSettings: swiftSettings),

    // MARK: Its users
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    // The one way to talk to a server in this package.
    .target(name: "MappedArrayClient", dependencies: ["CHiredis"], swiftSettings: swiftSettings),
    // Real servers for tests and benchmarks: each in its own directory, each dying with its owner. Seeded randomness.
    .target(name: "CLiveServer"),
    .target(name: "LiveServer", dependencies: ["CLiveServer", "MappedArrayClient"], swiftSettings: swiftSettings),

    // Measures the module next to the server's own commands.
    .executableTarget(
      name: "mmaparray-benchmark",
      dependencies: [
        "LiveServer", "MappedArrayClient", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ], swiftSettings: swiftSettings),

    // MARK: Examples
    .executableTarget(
      name: "first-program", dependencies: ["MappedArrayClient"], path: "Sources/Examples/FirstProgram",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "feature-lookup", dependencies: ["MappedArrayClient"], path: "Sources/Examples/FeatureLookup",
      exclude: ["write_features.py"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "sensor-log", dependencies: ["MappedArrayClient"], path: "Sources/Examples/SensorLog",
      swiftSettings: swiftSettings),

    // MARK: Tests
    .testTarget(name: "DecimalTextTests", dependencies: ["DecimalText", "LiveServer"], swiftSettings: swiftSettings),
    .testTarget(
      name: "MappedArrayTests", dependencies: ["MappedArray", "LiveServer", system], swiftSettings: swiftSettings),
    .testTarget(
      name: "MappedArrayClientTests", dependencies: ["LiveServer", "MappedArrayClient"], swiftSettings: swiftSettings),
    .testTarget(name: "LiveServerTests", dependencies: ["LiveServer"], swiftSettings: swiftSettings),
    .testTarget(
      name: "BenchmarkTests", dependencies: ["LiveServer", "mmaparray-benchmark"], swiftSettings: swiftSettings),
    .testTarget(
      name: "IntegrationTests", dependencies: ["LiveServer", "MappedArrayClient"], path: "IntegrationTests",
      exclude: ["Walkthroughs"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)

// What `make fuzz` builds, with the flags that it needs.
if Context.environment["MMAPARRAY_FUZZ"] != nil {
  package.products.append(.executable(name: "Fuzz", targets: ["Fuzz"]))
  package.targets += [
    .systemLibrary(name: "CFuzzer"),
    .executableTarget(
      name: "Fuzz", dependencies: ["CFuzzer", "DecimalText", "MMapArrayModule", "MappedArray", system],
      exclude: ["Corpora"], swiftSettings: swiftSettings),
  ]
}
