import Crypto
import JSON
import SyncModel
import Wire

/// Files on issues.
extension JiraWorld {
  /// `POST /issue/{id}/attachments`: a form with parts named `file`; each becomes an attachment, names may repeat.
  mutating func attach(_ call: JiraCall, _ issue: String) throws(Refusal) -> WireResponse {
    let place = try visiblePlace(issue, for: call)
    guard call.request.header("X-Atlassian-Token") == "no-check" else {
      throw Refusal(WireResponse(status: 403, body: Array("XSRF check failed".utf8)))
    }
    guard permissions(of: call.account.id, in: issues[place].project).contains(.attach) else {
      throw errors(403, ["You do not have permission to create attachments for this issue."])
    }
    guard let parts = MultipartForm(call.request)?.parts, !parts.isEmpty, parts.allSatisfy({ $0.name == "file" })
    else { throw errors(400, ["The request holds no file."]) }
    guard parts.count <= 60, issues[place].attachments.count + parts.count <= configuration.attachmentsPerIssue else {
      throw errors(413, ["The number of attachments exceeds the limit."])
    }
    guard parts.allSatisfy({ $0.content.count <= configuration.attachmentLimitBytes }) else {
      throw errors(413, ["The file exceeds its maximum permitted size of \(configuration.attachmentLimitBytes) bytes."])
    }
    try limitWrites(place, now: call.now)
    let added = parts.map { part in
      lastAttachmentID += 1
      return SimulatedAttachment(
        id: String(lastAttachmentID), name: part.fileName, type: part.type, size: part.content.count,
        digest: Self.digest(of: part.content), author: call.account.id,
        created: call.now, content: part.content)
    }
    insert(added, on: place, by: call.account.id, now: call.now)
    return .json(200, .array(added.map { json($0, for: call) }))
  }

  mutating func insert(_ files: [SimulatedAttachment], on place: Int, by account: AccountID, now: Timestamp) {
    issues[place].attachments += files
    let items = files.map { file in
      SimulatedChange.item(
        field: "Attachment", id: "attachment", from: nil, fromText: nil, to: file.id, toText: file.name)
    }
    record(items, on: place, by: account, metadata: nil, now: now)
    touch(place, now: now)
  }

  /// `GET /attachment/content/{id}`: without `redirect=false` it only says where the content is.
  func attachmentContent(_ call: JiraCall) throws(Refusal) -> WireResponse {
    for issue in issues where !issue.isDeleted {
      guard let file = issue.attachments.first(where: { $0.id == call.path[2] }) else { continue }
      guard permissions(of: call.account.id, in: issue.project).contains(.browse) else { break }
      guard call.target.value("redirect") == "false" else {
        return WireResponse(status: 303, headers: [WireHeader("Location", "https://media.example.com/\(file.id)")])
      }
      return WireResponse(status: 200, headers: [WireHeader("Content-Type", file.type)], body: file.content)
    }
    throw errors(404, ["The attachment with id '\(call.path[2])' does not exist"])
  }

  /// 64 hexadecimal digits.
  static func digest(of content: [UInt8]) -> String {
    SHA256.hash(data: content).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// `GET /attachment/meta`.
  func attachmentSettings() -> WireResponse {
    .json(200, ["enabled": true, "uploadLimit": .integer(configuration.attachmentLimitBytes)])
  }

  func json(_ file: SimulatedAttachment, for call: JiraCall) -> JSONValue {
    [
      "id": .string(file.id), "filename": .string(file.name),
      "author": configuration.account(file.author).map { user($0) } ?? .null,
      "created": .string(date(file.created, for: call.account)), "size": .integer(file.size),
      "mimeType": .string(file.type),
      "content": .string("\(call.target.origin)/rest/api/3/attachment/content/\(file.id)"),
    ]
  }
}

/// The parts of a `multipart/form-data` body (RFC 7578); nil for a body that is none, or that breaks off.
struct MultipartForm {
  struct Part {
    var name: String
    var fileName: String
    var type: String
    var content: [UInt8]
  }

  var parts: [Part] = []

  init?(_ request: WireRequest) {
    let type = request.header("Content-Type") ?? ""
    guard type.lowercased().hasPrefix("multipart/form-data"),
      let boundary = type.split(separator: "boundary=", maxSplits: 1).dropFirst().first
    else { return nil }
    let delimiter = Array("\r\n--\(boundary)".utf8)
    // A line break before the first delimiter makes all of them alike.
    let bytes = Array("\r\n".utf8) + request.body
    var places = Self.places(of: delimiter, in: bytes)[...]
    guard let first = places.popFirst(), first == 0 else { return nil }
    var start = delimiter.count
    var isClosed = bytes[start...].starts(with: Array("--".utf8))
    for place in places {
      guard !isClosed, let part = Part(bytes[(start + 2)..<place]) else { return nil }
      parts.append(part)
      start = place + delimiter.count
      isClosed = bytes[start...].starts(with: Array("--".utf8))
    }
    guard isClosed else { return nil }
  }

  private static func places(of pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
    var places: [Int] = []
    var index = 0
    while index + pattern.count <= bytes.count {
      if bytes[index] == pattern[0], bytes[index..<(index + pattern.count)].elementsEqual(pattern) {
        places.append(index)
        index += pattern.count
      } else {
        index += 1
      }
    }
    return places
  }
}

extension MultipartForm.Part {
  init?(_ bytes: ArraySlice<UInt8>) {
    let blank = Array("\r\n\r\n".utf8)
    guard
      let end = bytes.indices.first(where: { $0 + 4 <= bytes.endIndex && bytes[$0..<($0 + 4)].elementsEqual(blank) })
    else { return nil }
    content = Array(bytes[(end + 4)...])
    let head = String(decoding: bytes[..<end], as: UTF8.self)
    let lines = head.split(separator: "\r\n").map(String.init)
    let disposition = lines.first { $0.lowercased().hasPrefix("content-disposition:") } ?? ""
    func quoted(_ name: String) -> String? {
      disposition.split(separator: "\(name)=\"", maxSplits: 1).dropFirst().first?.split(separator: "\"").first
        .map(String.init)
    }
    guard let name = quoted("; name") else { return nil }
    // A part without a file name is a field.
    let fileName = quoted("; filename") ?? ""
    self.name = name
    self.fileName = fileName.split(separator: "%22", omittingEmptySubsequences: false).joined(separator: "\"")
    type =
      lines.first { $0.lowercased().hasPrefix("content-type:") }?
      .split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "application/octet-stream"
  }
}
