import Foundation
import SyncModel
import Synchronization
import Wire

/// What must occur nowhere, by what it is; found as it is, in percent encoding, in Base64 and in hexadecimal.
final class PlantedSecrets: Sendable {
  private let kept = Mutex<[String: String]>([:])

  var count: Int { kept.withLock { $0.count } }

  /// The kinds of what was planted.
  var kinds: Set<String> { Set(kept.withLock { $0.values }) }

  func plant(_ kind: String, _ secret: String) {
    // What is short stands in many texts by itself.
    guard secret.utf8.count >= 12 else { return }
    kept.withLock { $0[secret] = kind }
  }

  /// The kinds of the secrets that stand in some bytes.
  func found(in bytes: some Sequence<UInt8>) -> Set<String> {
    let data = Data(bytes)
    return kept.withLock { secrets in
      Set(secrets.filter { secret, _ in Self.forms(of: secret).contains { data.range(of: $0) != nil } }.values)
    }
  }

  private static func forms(of secret: String) -> [Data] {
    let bytes = Data(secret.utf8)
    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    // Base64 of a text that begins elsewhere has other letters at its ends.
    let base64 = (0..<3).map { shift in
      (Data(repeating: 0, count: shift) + bytes).base64EncodedString().dropFirst(4).dropLast(4)
    }
    let texts =
      [secret, URLEncoding.component(secret), hex.joined(), hex.joined(separator: " ")] + base64.map(String.init)
    return texts.map { Data($0.utf8) }
  }
}

/// Plants what passes through a person's browser: cookies, states, codes and signatures.
struct RecordingTransport: Transport {
  let base: any Transport
  let secrets: PlantedSecrets

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    let response = try await base.send(request)
    for header in response.headers where header.name.lowercased() == "set-cookie" {
      plant("cookie", header.value.split(separator: ";").first?.split(separator: "=").last)
    }
    for address in [request.url, response.header("Location") ?? ""] {
      let query = address.split(separator: "?", maxSplits: 1).dropFirst().first
      for (name, value) in query.flatMap({ URLEncoding.pairs(of: $0) }) ?? [] {
        if ["state", "code", "signature"].contains(name) { plant(name, value[...]) }
      }
    }
    return response
  }

  func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome { await base.pipe(pipe) }

  private func plant(_ kind: String, _ value: Substring?) { if let value { secrets.plant(kind, String(value)) } }
}
