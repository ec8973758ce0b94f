/// Where the start tags and attribute values of a well-formed document stand.
///
/// libxml2 knows only lines, and for a tag over several lines the last one; people who correct a file want the place.
struct XMLPositions {
  struct Place: Hashable {
    var line: Int
    var column: Int
  }

  struct Tag {
    var place: Place
    /// By name as written, prefix included.
    var values: [String: Place]
    /// Values as they are written, where that is not what they say: with references, or over several lines.
    var written: [String: String] = [:]
  }

  /// In the order of the document.
  private(set) var tags: [Tag] = []

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var place = Place(line: 1, column: 1)

  /// - Parameter text: must be well-formed; anything else gives places that mean nothing, but always ends.
  init(wellFormed text: String) {
    scalars = Array(text.unicodeScalars)
    while index < scalars.count {
      guard scalars[index] == "<" else {
        step()
        continue
      }
      if starts("<!--") {
        skip(past: "-->")
      } else if starts("<![CDATA[") {
        skip(past: "]]>")
      } else if starts("<?") {
        skip(past: "?>")
      } else if starts("</") {
        skip(past: ">")
      } else {
        tag()
      }
    }
  }

  private mutating func tag() {
    var tag = Tag(place: place, values: [:])
    step()
    _ = name()
    while index < scalars.count, scalars[index] != ">" {
      guard !scalars[index].isXMLBlank, scalars[index] != "/" else {
        step()
        continue
      }
      let name = name()
      while index < scalars.count, scalars[index].isXMLBlank || scalars[index] == "=" { step() }
      guard index < scalars.count, scalars[index] == "\"" || scalars[index] == "'" else {
        step()
        continue
      }
      let quote = scalars[index]
      step()
      tag.values[name] = place
      let start = index
      while index < scalars.count, scalars[index] != quote { step() }
      if scalars[start..<index].contains(where: { $0 == "&" || $0 == "\n" }) {
        tag.written[name] = String(String.UnicodeScalarView(scalars[start..<index]))
      }
      step()
    }
    step()
    tags.append(tag)
  }

  private mutating func name() -> String {
    var name = String.UnicodeScalarView()
    while index < scalars.count, !scalars[index].isXMLBlank, !"=/>".unicodeScalars.contains(scalars[index]) {
      name.append(scalars[index])
      step()
    }
    return String(name)
  }

  private func starts(_ text: String) -> Bool { scalars[index...].starts(with: text.unicodeScalars) }

  private mutating func skip(past end: String) {
    while index < scalars.count, !starts(end) { step() }
    for _ in end.unicodeScalars { step() }
  }

  private mutating func step() {
    guard index < scalars.count else { return }
    if scalars[index] == "\n" {
      place = Place(line: place.line + 1, column: 1)
    } else {
      place.column += 1
    }
    index += 1
  }
}
