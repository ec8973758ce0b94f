import MappingLanguage
import SyncCore
import SyncModel
import Wire
import XML

/// Fills the templates of a profile's requests: `$base`, `$case`, the request's own variables, then secrets by purpose.
struct TemplateFiller {
  let base: String
  let `case`: CaseID
  let values: [String: String]
  let secrets: @Sendable (String) -> [Secret]

  func text(_ template: Template) throws(CallFailure) -> String {
    var result = ""
    for piece in template.pieces { result += try text(of: piece, in: template) }
    return result
  }

  /// The same with every value percent-encoded, and none that would change the path's structure.
  func path(_ template: Template) throws(CallFailure) -> String {
    var result = ""
    for piece in template.pieces {
      let text = try text(of: piece, in: template)
      guard case .variable(let name) = piece else {
        result += text
        continue
      }
      guard !text.isEmpty, text != ".", text != ".." else {
        throw .rejected("the value of '$\(name)' cannot stand in an address", fields: [:])
      }
      result += URLEncoding.component(text)
    }
    return result
  }

  private func text(of piece: Template.Piece, in template: Template) throws(CallFailure) -> String {
    switch piece {
    case .text(let text): return text
    case .variable("base"): return base
    case .variable("case"): return `case`.rawValue
    case .variable(let name):
      if let value = values[name] { return value }
      guard let secret = secrets(name).first, !secret.isEmpty else {
        throw .rejected("the connection has no secret '\(name)', which the profile uses", fields: [:])
      }
      return secret.reveal()
    case .expression(let expression):
      throw .rejected("a request's template cannot hold the expression '\(expression.source)'", fields: [:])
    }
  }
}
