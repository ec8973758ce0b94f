/// How a CRM writes in its texts that somebody is meant: the CRM's id of the user between two pieces of text, such as
/// `@[17]`, or after one, `@rohit`.
package struct MentionForm: Hashable, Sendable {
  package var before: String
  /// Empty: the id ends where its letters, digits, dots, hyphens and underscores do.
  package var after: String

  /// A longer id is none.
  private static let idLimit = 128

  package init(before: String, after: String) {
    self.before = before
    self.after = after
  }

  /// Whether texts in a markup can hold such mentions: signs that mean something in it would be escaped on the way there.
  package func fits(_ format: RichTextFormat) -> Bool {
    let text = "a " + text(of: "u1") + " b"
    return format.text(RichTextDocument(plain: text)).contains(text) && format.document(text).plain == text
  }

  package func text(of user: String) -> String { before + user + after }

  /// The document with mentions in the place of those that can be told; what stands in code is never one.
  ///
  /// - Parameter account: whom a user's id means in Jira, and under which name they are shown.
  package func read(
    _ document: RichTextDocument, account: (String) -> (id: String, name: String)?
  ) -> RichTextDocument {
    document.mappingInlines { inlines in
      inlines.flatMap { inline -> [RichTextInline] in
        guard case .text(let text, let marks) = inline, !marks.style.contains(.code), marks.link == nil else {
          return [inline]
        }
        return parts(text, marks, account)
      }
    }
  }

  /// The document with mentions as the CRM writes them, of people whom it knows.
  ///
  /// - Parameter user: the CRM's id of an account.
  package func write(_ document: RichTextDocument, user: (String) -> String?) -> RichTextDocument {
    document.mappingInlines { inlines in
      inlines.map { inline in
        guard case .mention(let id, _) = inline, let user = user(id) else { return inline }
        return .text(text(of: user), .none)
      }
    }
  }

  private func parts(
    _ text: String, _ marks: RichTextMarks, _ account: (String) -> (id: String, name: String)?
  ) -> [RichTextInline] {
    let scalars = Array(text.unicodeScalars)
    var result: [RichTextInline] = []
    var start = 0
    var place = 0
    while place < scalars.count {
      guard let (user, end) = mention(scalars, at: place), let account = account(user) else {
        place += 1
        continue
      }
      if start < place { result.append(.text(String(scalars: scalars[start..<place]), marks)) }
      result.append(.mention(id: account.id, text: "@" + account.name))
      (start, place) = (end, end)
    }
    guard start > 0 else { return [.text(text, marks)] }
    if start < scalars.count { result.append(.text(String(scalars: scalars[start...]), marks)) }
    return result
  }

  /// The id of the mention that begins here, and where it ends. Within a word, as in an e-mail address, none begins.
  private func mention(_ scalars: [Unicode.Scalar], at place: Int) -> (user: String, end: Int)? {
    let opening = before.unicodeScalars
    guard scalars[place...].starts(with: opening), place == 0 || !Self.isOfWord(scalars[place - 1]) else { return nil }
    let start = place + opening.count
    let rest = scalars[start...].prefix(Self.idLimit + 1)
    var id = rest.prefix { Self.isOfID($0) }
    if after.isEmpty {
      while let last = id.last, last == "." || last == "-" { id.removeLast() }
    } else {
      guard scalars[id.endIndex...].starts(with: after.unicodeScalars) else { return nil }
    }
    guard !id.isEmpty, id.count <= Self.idLimit else { return nil }
    return (String(scalars: id), id.endIndex + after.unicodeScalars.count)
  }

  private static func isOfID(_ scalar: Unicode.Scalar) -> Bool {
    isOfWord(scalar) || scalar == "." || scalar == "-"
  }

  private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

extension RichTextDocument {
  /// The document with other inlines in its lines.
  func mappingInlines(_ transform: ([RichTextInline]) -> [RichTextInline]) -> RichTextDocument {
    RichTextDocument(blocks: blocks.map { $0.mappingInlines(transform) })
  }

  /// The accounts that are mentioned, with the names that stand there.
  var mentions: [String: String] {
    var found: [String: String] = [:]
    _ = mappingInlines { inlines in
      for case .mention(let id, let text) in inlines { found[id] = found[id] ?? text }
      return inlines
    }
    return found
  }

  /// The document with the names for mentioned people that another one has for them: who is meant is the same.
  func namingMentions(as names: [String: String]) -> RichTextDocument {
    guard !names.isEmpty else { return self }
    return mappingInlines { inlines in
      inlines.map { inline in
        guard case .mention(let id, _) = inline, let name = names[id] else { return inline }
        return .mention(id: id, text: name)
      }
    }
  }
}

extension RichTextBlock {
  fileprivate func mappingInlines(_ transform: ([RichTextInline]) -> [RichTextInline]) -> RichTextBlock {
    func map(_ blocks: [RichTextBlock]) -> [RichTextBlock] { blocks.map { $0.mappingInlines(transform) } }
    switch self {
    case .paragraph(let inlines): return .paragraph(transform(inlines))
    case .heading(let level, let inlines): return .heading(level: level, transform(inlines))
    case .bulletList(let items): return .bulletList(items.map(map))
    case .orderedList(let start, let items): return .orderedList(start: start, items.map(map))
    case .blockquote(let blocks): return .blockquote(map(blocks))
    case .panel(let kind, let blocks): return .panel(kind: kind, map(blocks))
    case .expand(let title, let blocks): return .expand(title: title, map(blocks))
    case .table(let rows):
      return .table(
        rows.map { row in
          RichTextRow(
            cells: row.cells.map { cell in
              RichTextCell(
                isHeader: cell.isHeader, blocks: map(cell.blocks), columns: cell.columns, rows: cell.rows)
            })
        })
    case .taskList(let tasks):
      return .taskList(
        tasks.map { task in
          var task = task
          task.inlines = transform(task.inlines)
          return task
        })
    case .codeBlock, .rule, .unknown: return self
    }
  }
}
