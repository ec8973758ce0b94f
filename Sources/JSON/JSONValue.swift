/// A JSON value as RFC 8259 has it: numbers keep the digits they arrived with, objects keep their order.
///
/// Foundation's coders are not used for what comes from outside: they accept duplicate keys, have no bound on depth
/// that we set, and round numbers. A value made by ``JSONReader`` has none of these problems.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  /// The literal, such as `12.50`; valid by construction when it comes from ``JSONReader``.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

  /// The member of an object, or nil when this is no object or has no such key.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The element of an array, or nil when this is no array or is shorter.
  package subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  package var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  package var int: Int64? {
    if case .number(let literal) = self { Int64(literal) } else { nil }
  }

  package var array: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  package var members: [JSONMember]? {
    if case .object(let members) = self { members } else { nil }
  }

  package var isNull: Bool { if case .null = self { true } else { false } }

  /// A string or number as text: Jira and CRMs write the same id as either.
  package var text: String? {
    switch self {
    case .string(let text): text
    case .number(let literal): literal
    case .bool(let value): value ? "true" : "false"
    case .null, .array, .object: nil
    }
  }
}

/// One key and its value in an object.
package struct JSONMember: Hashable, Sendable {
  package var key: String
  package var value: JSONValue

  package init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { JSONMember($0.0, $0.1) })
  }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .number(String(value)) }
  package init(nilLiteral: ()) { self = .null }
}
