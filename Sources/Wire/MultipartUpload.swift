/// What stands around a file's content in a form with one file (RFC 7578): the content itself is streamed between.
package struct MultipartUpload: Hashable, Sendable {
  package let contentType: String
  /// Before the content.
  package let head: [UInt8]
  /// Behind it.
  package let suffix: [UInt8]

  /// - Parameters:
  ///   - part: the name of the file's part.
  ///   - fields: parts with text, before the file.
  ///   - boundary: must not occur in the content, so nobody may be able to foresee it.
  package init(part: String, fileName: String, type: String, fields: [(name: String, value: String)], boundary: String)
  {
    var text = ""
    for field in fields {
      text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(field.name))\"\r\n\r\n"
      text += "\(field.value)\r\n"
    }
    text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(part))\"; "
    text += "filename=\"\(Self.quoted(fileName))\"\r\nContent-Type: \(type)\r\n\r\n"
    head = Array(text.utf8)
    suffix = Array("\r\n--\(boundary)--\r\n".utf8)
    contentType = "multipart/form-data; boundary=\(boundary)"
  }

  /// As browsers write it: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
  private static func quoted(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "%22"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
