import Crypto
import JSON
package import MappingLanguage
package import SyncModel
package import Wire
package import XML

/// A delivery that was read: its events, and the document that their cases stand in.
///
/// Not Sendable: it is made, asked and dropped inside one function.
package struct DeliveryDocument {
  package let document: XPathDocument
  package let events: [ReadEvent]
}

/// One event of a delivery and the node that mappings see as its case.
package struct ReadEvent {
  package let event: CaseEvent
  package let caseNode: XPathNode
}

/// Reads deliveries as a profile's rules say.
package enum DeliveryReader {
  package static let eventLimit = 1000

  /// Reads a whole delivery: every event can be read, or none is.
  ///
  /// - Throws: ``DeliveryError``, which names the place and never the content.
  package static func read(body: [UInt8], rules: DeliveryRules) throws(DeliveryError) -> DeliveryDocument {
    let document = try AnswerDocument.read(body, format: rules.format, root: "delivery")
    let nodes: [XPathNode]
    do throws(XPathError) {
      nodes = try document.nodes(rules.event.select, at: document.root)
    } catch { throw .unreadable("'\(rules.event.select.source)' cannot be evaluated: \(error)") }
    guard !nodes.isEmpty else { throw .noEvents(select: rules.event.select.source) }
    guard nodes.count <= eventLimit else { throw .tooManyEvents(limit: eventLimit) }
    var events: [ReadEvent] = []
    for (index, node) in nodes.enumerated() {
      do throws(EventProblem) {
        events.append(try EventReader(document: document, rules: rules.event).read(at: node))
      } catch { throw .event(index + 1, error.text) }
    }
    return DeliveryDocument(document: document, events: events)
  }

  /// What the sender calls the delivery, else a digest of its bytes; can be asked before the body is read.
  package static func id(body: [UInt8], rules: DeliveryRules, headers: [WireHeader]) -> DeliveryID {
    if let name = rules.idHeader, let value = headers.first(named: name), !value.isEmpty, value.utf8.count <= 200 {
      return DeliveryID(value)
    }
    let hex = SHA256.hash(data: body).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return DeliveryID("digest:" + hex.joined())
  }
}

/// Turns the bytes of a delivery or of an answer into a document for XPath.
enum AnswerDocument {
  static func read(
    _ body: [UInt8], format: DeliveryRules.BodyFormat, root: String
  ) throws(DeliveryError) -> XPathDocument {
    do {
      switch format {
      case .json: return try XPathDocument(json: JSONReader.tape(body), root: root)
      case .xml: return try XPathDocument(xml: body)
      case .form:
        guard let text = String(validating: body, as: UTF8.self), let pairs = URLEncoding.pairs(of: text) else {
          throw DeliveryError.unreadable("form: the percent-encoding or UTF-8 of a pair is malformed")
        }
        return try XPathDocument(form: pairs)
      }
    } catch let error as DeliveryError {
      throw error
    } catch {
      // JSONError, XMLProblem and XPathError describe themselves by line, column and rule.
      throw .unreadable("\(error)")
    }
  }
}
