/// The one stylesheet, embedded; its address changes with its content, so it may be cached for ever.
enum Stylesheet {
  static let bytes: [UInt8] = PackageResources.counterpart_css

  static let path = "/assets/counterpart-\(fingerprint).css"

  /// FNV-1a, 64 bits: not for security, only to tell one version from the next.
  private static let fingerprint: String = {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return String(hash, radix: 16)
  }()
}
