/// The one port to the outside: whoever can carry a request to a far side and bring its answer back.
///
/// Two conformers: the real client (`Outbound`) and the simulated network (`Simulation`). Everything above it, the
/// Jira and CRM clients included, is the same code in production, in tests and in simulation.
package protocol Transport: Sendable {
  /// Sends one request and reads the whole answer within the transport's deadline and size limit.
  ///
  /// - Throws: ``TransportFailure``, which says whether the far side can have acted on the request.
  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse

  /// Streams the answer to one request into the body of another, without ever holding more than a piece of it.
  func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome
}

/// No usable answer came back. Carries no address, header or body.
package enum TransportFailure: Error, Hashable, Sendable {
  /// The request surely did not reach the far side's application (refused connection, DNS, TLS handshake, host not allowed).
  case notSent(String)
  /// The request may have been acted on (timeout, connection closed, answer too large).
  case maybeSent(String)
  /// Whoever paces the requests held it back: it was not sent, and may be at a time.
  case notYet(Deferral)

  package struct Deferral: Hashable, Sendable {
    /// What has to wait, in the pacer's own words.
    package var scope: String
    /// In milliseconds since 1970-01-01T00:00:00Z.
    package var untilMilliseconds: Int64

    package init(scope: String, untilMilliseconds: Int64) {
      self.scope = scope
      self.untilMilliseconds = untilMilliseconds
    }
  }
}
