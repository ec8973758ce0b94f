import JSON
package import SyncModel

/// A request as a simulated far side remembers it for tests; never with a token, a header or a body.
package struct LoggedRequest: Hashable, Sendable {
  package var method: String
  /// The path with ids taken out, such as `/rest/api/3/issue/{issue}/comment`.
  package var template: String
  /// Whose token or key it carried; nil where none was valid or needed.
  package var account: String?
  package var time: Timestamp
  /// Nil where the answer did not arrive.
  package var status: Int?

  package init(method: String, template: String, account: String?, time: Timestamp, status: Int?) {
    self.method = method
    self.template = template
    self.account = account
    self.time = time
    self.status = status
  }
}

extension [LoggedRequest] {
  /// Appends; of a very long history only the newer half stays.
  mutating func note(_ request: LoggedRequest) {
    if count >= 20_000 { removeFirst(10_000) }
    append(request)
  }

  /// As `GET /simulated/log` answers it.
  var json: JSONValue {
    .array(
      map { entry in
        [
          "method": .string(entry.method), "template": .string(entry.template),
          "account": JSONValue(orNull: entry.account), "time": .string(entry.time.description),
          "status": entry.status.map { .integer($0) } ?? .null,
        ]
      })
  }
}

/// What a person at a simulated system asked for and cannot have.
package struct SimulationError: Error, Hashable, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) { self.description = description }
}
