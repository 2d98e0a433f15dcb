// swift-tools-version: 6.3
import PackageDescription

let swiftSettings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
// Spans that live as long as the array that they are of.
let lifetimes: SwiftSetting = .enableExperimentalFeature("Lifetimes")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "mmaparray",
  products: [
    .library(name: "MappedArray", targets: ["MappedArray"]),
    .library(name: "MappedArrayClient", targets: ["MappedArrayClient"]),
    // Typed modules for Redis and Valkey.
    .library(name: "ServerModule", targets: ["ServerModule"]),
    .library(name: "mmaparray", type: .dynamic, targets: ["MMapArrayModule"]),
    .library(name: "hello", type: .dynamic, targets: ["HelloModule"]),
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
    // The interface between modules and servers, typed. Knows no arrays and no files.
    .target(name: "ServerModule", dependencies: ["CModuleShim"], swiftSettings: swiftSettings),
    // Locks of files that a forked child does not share.
    .target(name: "CFileLocks"),
    // System calls that Swift cannot import.
    .target(name: "CSystemCalls"),
    // The handler that survives files which lose pages.
    .target(name: "CFaultGuard"),
    // How near rows are to vectors, with the fastest instructions that a processor has.
    .target(name: "CRowKernels"),
    // Sums and extremes of blocks of elements, likewise.
    .target(name: "CBlockKernels"),
    // Which pages of mapped files were in memory lately.
    .target(name: "CPageHints"),
    // Words for what is done with elements, which the array library and its clients share.
    .target(name: "ArrayVocabulary", swiftSettings: swiftSettings),
    // Numbers from and to decimal text. Knows nothing else.
    .target(name: "DecimalText", swiftSettings: swiftSettings),
    // A lock with a condition.
    .target(name: "Monitors", swiftSettings: swiftSettings),
    // Files of numbers as arrays. Knows no server.
    .target(
      name: "MappedArray",
      dependencies: [
        "ArrayVocabulary", "CBlockKernels", "CFaultGuard", "CFileLocks", "CPageHints", "CRowKernels", "CSystemCalls",
        "DecimalText", "Monitors",
        system,
      ],
      swiftSettings: swiftSettings + [lifetimes]),
    // The thread that flushes files, in C so that it cannot hurt a fork.
    .target(name: "CFlusher"),
    // Long work in slices, on the server's thread or on workers. Knows no arrays.
    .target(
      name: "ModuleWork", dependencies: ["CSystemCalls", "Monitors", "ServerModule"], swiftSettings: swiftSettings),
    // What is saved of a key.
    .target(name: "BindingRecords", dependencies: ["MappedArray", "ServerModule"], swiftSettings: swiftSettings),
    // The commands, on top of all that. Knows no file format.
    .target(
      name: "MMapArrayModule",
      dependencies: [
        "BindingRecords", "CFlusher", "DecimalText", "MappedArray", "ModuleWork", "Monitors", "ServerModule", system,
      ],
      swiftSettings: swiftSettings),

    // MARK: Its users
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    // The one way to talk to a server in this package.
    .target(
      name: "MappedArrayClient", dependencies: ["ArrayVocabulary", "CHiredis"], swiftSettings: swiftSettings),
    // What tests share that need no server: processes that die with their owner, files, small disks, seeded randomness.
    .target(name: "CTestSupport"),
    .target(name: "TestSupport", dependencies: ["ArrayVocabulary", "CTestSupport"], swiftSettings: swiftSettings),
    // Real servers for tests and benchmarks: each in its own directory, each dying with its owner.
    .target(name: "LiveServer", dependencies: ["MappedArrayClient", "TestSupport"], swiftSettings: swiftSettings),

    // Texts that show what the module does, and their interpreter; `make run` and the tests play them.
    .target(
      name: "Walkthroughs", dependencies: ["LiveServer", "MappedArrayClient", "TestSupport"],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "play-walkthroughs", dependencies: ["LiveServer", "Walkthroughs"], swiftSettings: swiftSettings),

    // Measures the module next to the server's own commands.
    .executableTarget(
      name: "mmaparray-benchmark",
      dependencies: [
        "LiveServer", "MappedArrayClient", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ], swiftSettings: swiftSettings),

    // Writes what the server tells of the commands into Documentation/commands.md.
    .executableTarget(
      name: "document-commands", dependencies: ["LiveServer", "MappedArrayClient"], swiftSettings: swiftSettings),

    // MARK: Examples
    .executableTarget(
      name: "first-program", dependencies: ["MappedArrayClient"], path: "Sources/Examples/FirstProgram",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "feature-lookup", dependencies: ["MappedArrayClient"], path: "Sources/Examples/FeatureLookup",
      exclude: ["write_features.py"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "similar-images", dependencies: ["MappedArrayClient"], path: "Sources/Examples/SimilarImages",
      exclude: ["write_digits.py"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "sensor-log", dependencies: ["MappedArrayClient"], path: "Sources/Examples/SensorLog",
      swiftSettings: swiftSettings),
    // Files without a server.
    .executableTarget(
      name: "numpy-files", dependencies: ["MappedArray"], path: "Sources/Examples/NumPyFiles",
      exclude: ["weather.py"], swiftSettings: swiftSettings),

    .executableTarget(name: "plain-hiredis", dependencies: ["CHiredis"], path: "Sources/Examples/PlainHiredis"),
    // The smallest module on ServerModule.
    .target(
      name: "HelloModule", dependencies: ["ServerModule"], path: "Sources/Examples/HelloModule",
      swiftSettings: swiftSettings),

    // MARK: Tests
    // Commands as programs in C write them.
    .target(name: "CHiredisCalls", dependencies: ["CHiredis"]),
    .testTarget(name: "DecimalTextTests", dependencies: ["DecimalText", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(
      name: "MappedArrayTests", dependencies: ["CBlockKernels", "MappedArray", "TestSupport", system],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MappedArrayClientTests", dependencies: ["CHiredis", "LiveServer", "MappedArrayClient"],
      swiftSettings: swiftSettings),
    .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"], swiftSettings: swiftSettings),
    // A server that is nothing but functions: the module's own layer is tested on it, without a server.
    .target(name: "CStandInServer", dependencies: ["CModuleShim"], path: "Tests/CStandInServer"),
    .target(
      name: "StandInServer", dependencies: ["CStandInServer"], path: "Tests/StandInServer",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "MMapArrayModuleTests",
      dependencies: ["CStandInServer", "MMapArrayModule", "StandInServer", "TestSupport", system],
      swiftSettings: swiftSettings),
    .testTarget(name: "LiveServerTests", dependencies: ["LiveServer"], swiftSettings: swiftSettings),
    .testTarget(
      name: "BenchmarkTests", dependencies: ["TestSupport", "mmaparray-benchmark"], swiftSettings: swiftSettings),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "CHiredis", "CHiredisCalls", "LiveServer", "MappedArrayClient", "Walkthroughs", "document-commands",
        "play-walkthroughs",
      ],
      path: "IntegrationTests", exclude: ["Samples", "Walkthroughs"], swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)

// What `make fuzz` builds, with the flags that it needs.
if Context.environment["MMAPARRAY_FUZZ"] != nil {
  package.products.append(.executable(name: "Fuzz", targets: ["Fuzz"]))
  package.targets += [
    .systemLibrary(name: "CFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "BindingRecords", "CFuzzer", "DecimalText", "MMapArrayModule", "MappedArray", "ServerModule", system,
      ],
      exclude: ["Corpora"], swiftSettings: swiftSettings),
  ]
}
