import CLibXML2

/// The named characters of HTML, such as `nbsp` and `eacute`.
package enum HTMLEntities {
  /// The character of a name without `&` and `;`: HTML 4's 253 names, as libxml2 has them.
  package static func scalar(named name: String) -> Unicode.Scalar? {
    // Nearly all that stands in texts; libxml2 looks through its whole table.
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "nbsp": return "\u{A0}"
    case "apos": return "'"
    default: break
    }
    guard name.utf8.count <= 8 else { return nil }
    return withXMLChars(name) { htmlEntityLookup($0).flatMap { Unicode.Scalar(UInt32($0.pointee.value)) } }
  }
}
