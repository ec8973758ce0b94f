import JSON
import Wire

/// What the body of a refusal says, whichever of Jira's and its gateway's six shapes it has.
///
/// `errorMessages`/`errors`, `{code,message}`, Spring's `{error,message,path}`, problem+json, OAuth's
/// `{error,error_description}`, and HTML, whose text is not taken.
struct JiraErrorBody: Hashable, Sendable {
  var message = ""
  var fields: [String: String] = [:]
  /// It is a JSON object: Jira's own answer, and not what stands before it or was cut off on the way.
  var isReadable = false
  /// The gateway before the site answered, not Jira: an unknown site (Spring's shape) or an unknown address
  /// (problem+json).
  var isOfGateway = false

  init(_ response: WireResponse) {
    guard let body = try? JSONReader.read(response.body) else { return }
    isReadable = body.members != nil
    for member in (body["errors"]?.members ?? []).prefix(50) {
      fields[Self.bounded(member.key)] = Self.bounded(member.value.text ?? "")
    }
    isOfGateway =
      body["timestamp"] != nil && body["path"] != nil
      || body["detail"]?.string?.hasPrefix("No endpoint ") ?? false
    let messages = (body["errorMessages"]?.array ?? []).compactMap(\.string)
    if !messages.isEmpty {
      message = Self.bounded(messages.joined(separator: " "))
    } else if fields.isEmpty {
      let keys = ["message", "detail", "error_description", "title", "error"]
      message = Self.bounded(keys.lazy.compactMap { body[$0]?.string }.first { !$0.isEmpty } ?? "")
    }
  }

  /// At most 300 scalars, without control characters: these words are shown to people and logged.
  static func bounded(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(300) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.unicodeScalars.append(" ")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
