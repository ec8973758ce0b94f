import Glibc

/// Finds ports of the loopback address that nobody listens on.
enum FreePorts {
  /// - Parameter first: where to begin looking; 0: wherever the system likes.
  /// - Throws: ``CommandError`` when there are not enough.
  static func find(_ count: Int, from first: Int) throws -> [Int] {
    var found: [Int] = []
    if first == 0 {
      for _ in 0..<count * 20 where found.count < count {
        if let port = bound(to: 0), !found.contains(port) { found.append(port) }
      }
    } else {
      for port in first..<min(first + 200, 65_536) where found.count < count && bound(to: port) != nil {
        found.append(port)
      }
    }
    guard found.count == count else { throw CommandError("no \(count) free ports were found from port \(first) on") }
    return found
  }

  /// The port that a socket could be bound to; it is given back at once.
  private static func bound(to port: Int) -> Int? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var yes: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr = in_addr(s_addr: UInt32(0x7F00_0001).bigEndian)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0
      }
    }
    return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }
}
