// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: each file names what it imports, `any` is spelled, a warning is an error.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

// Package.resolved is not kept, so every direct dependency is pinned to one exact version.
let package = Package(
  name: "counterpart",
  products: [.executable(name: "counterpart", targets: ["counterpart"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/pointfreeco/swift-custom-dump", exact: "1.7.3"),
    .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  ],
  targets: [
    // ── core: no I/O, no clock, no randomness of its own ──
    .target(name: "JSON", swiftSettings: strict),
    .target(name: "Wire", swiftSettings: strict),
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .target(name: "XML", dependencies: ["CLibXML2", "JSON"], swiftSettings: strict),
    .target(name: "RichText", dependencies: ["JSON", "XML"], swiftSettings: strict),
    .target(name: "Fuzzing", dependencies: ["JSON", "RichText", "XML"], swiftSettings: strict),
    .target(name: "SyncModel", dependencies: ["JSON"], swiftSettings: strict),
    .target(
      name: "MappingLanguage", dependencies: ["JSON", "RichText", "SyncModel", "XML"],
      resources: [.embedInCode("Schemas")],
      swiftSettings: strict),
    .target(
      name: "SyncCore", dependencies: ["JSON", "MappingLanguage", "RichText", "SyncModel"], swiftSettings: strict),

    // ── edges: each wraps exactly one technology ──
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "SyncStore",
      dependencies: ["CSQLite", "JSON", "SyncCore", "SyncModel", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .target(
      name: "TokenVault", dependencies: ["SyncModel", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(
      name: "Outbound",
      dependencies: [
        "Wire", .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(
      name: "JiraClient",
      dependencies: ["JSON", "MappingLanguage", "RichText", "SyncCore", "SyncModel", "Wire"],
      swiftSettings: strict),
    .target(
      name: "CRMClient",
      dependencies: [
        "JSON", "MappingLanguage", "RichText", "SyncCore", "SyncModel", "Wire", "XML",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),

    // ── shell: joins core and edges ──
    .target(
      name: "SyncEngine",
      dependencies: [
        "CRMClient", "JSON", "JiraClient", "MappingLanguage", "RichText", "SyncCore", "SyncModel", "SyncStore",
        "TokenVault", "Wire", "XML",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .target(
      name: "WebServer",
      dependencies: [
        "JSON", "MappingLanguage", "SyncCore", "SyncEngine", "SyncModel", "SyncStore", "TokenVault",
        "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      resources: [.embedInCode("Templates")],
      swiftSettings: strict),
    .target(
      name: "Simulation",
      dependencies: [
        "JSON", "RichText", "SyncModel", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    .target(
      name: "Histories",
      dependencies: [
        "JSON", "MappingLanguage", "Simulation", "SyncCore", "SyncEngine", "SyncModel", "SyncStore", "TokenVault",
        "Wire",
      ],
      swiftSettings: strict),

    // ── root: nothing imports it ──
    .systemLibrary(name: "CFileStamp"),
    .systemLibrary(name: "CMalloc"),
    .executableTarget(
      name: "counterpart",
      dependencies: [
        "CFileStamp", "CMalloc", "CRMClient", "Fuzzing", "Histories", "JSON", "JiraClient", "MappingLanguage",
        "Outbound",
        "RichText",
        "Simulation", "SyncCore", "SyncEngine", "SyncModel", "SyncStore", "TokenVault", "WebServer", "Wire", "XML",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("Resources")],
      swiftSettings: strict),
  ]
    + [
      "JSON", "Wire", "XML", "RichText", "SyncModel", "MappingLanguage", "SyncCore", "SyncStore", "TokenVault",
      "Outbound",
      "JiraClient", "CRMClient", "SyncEngine", "WebServer", "Simulation", "Histories", "Fuzzing",
    ].map(tests(of:))
    + [
      .testTarget(name: "ArchitectureTests", swiftSettings: strict),
      .testTarget(
        name: "counterpartTests",
        dependencies: [
          "CRMClient", "JSON", "JiraClient", "MappingLanguage", "Simulation", "SyncCore", "SyncEngine", "SyncModel",
          "Outbound", "SyncStore", "TokenVault", "Wire", "counterpart",
        ], swiftSettings: strict),
    ]
)

/// The test target of one target: it may use the target, everything below it, and readable differences.
func tests(of target: String) -> Target {
  let below: [Target.Dependency] = [
    "CRMClient", "Fuzzing", "Histories", "JSON", "JiraClient", "MappingLanguage", "Outbound", "RichText", "Simulation",
    "SyncCore",
    "SyncEngine", "SyncModel", "SyncStore", "TokenVault", "WebServer", "Wire", "XML",
  ]
  return .testTarget(
    name: "\(target)Tests",
    dependencies: below + [
      .product(name: "AsyncHTTPClient", package: "async-http-client"),
      .product(name: "Crypto", package: "swift-crypto"),
      .product(name: "CustomDump", package: "swift-custom-dump"),
      .product(name: "HTTPTypes", package: "swift-http-types"),
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdTesting", package: "hummingbird"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOHTTP1", package: "swift-nio"),
      .product(name: "NIOPosix", package: "swift-nio"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
    ] + (target == "SyncStore" || target == "SyncEngine" ? [.product(name: "GRDB", package: "GRDB.swift")] : []),
    swiftSettings: strict)
}
