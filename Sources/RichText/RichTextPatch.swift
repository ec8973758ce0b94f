package import JSON

/// Writes a changed text into Jira's document and leaves alone what did not change: panels, mentions, pictures,
/// colours and whatever else the CRM's markup cannot say.
package enum RichTextPatch {
  /// - Parameters:
  ///   - current: what Jira holds.
  ///   - base: the CRM's text on which both sides agreed last, as a document, if Jira holds its side of that still. What
  ///     Jira shows differently is the same then.
  ///   - new: the CRM's text, as a document.
  ///   - format: the CRM's markup.
  /// - Returns: a document that says what `new` says, made from the nodes of `current` where they say the same.
  package static func adf(
    current: JSONValue, base: JSONValue? = nil, new: JSONValue, format: RichTextFormat
  ) -> JSONValue {
    guard let nodes = current["content"]?.array, current["type"]?.string == "doc", !nodes.isEmpty,
      let blocks = new["content"]?.array, !blocks.isEmpty
    else { return new }
    let patch = BlockPatch(format: format, place: .document, depth: 0)
    // A mention is compared by whom it means, not by how each side writes their name.
    let names = RichTextDocument(adf: current).mentions
    let document = { (adf: JSONValue) in RichTextDocument(adf: adf).namingMentions(as: names) }
    let patched = patch.nodes(nodes, base: base.map { document($0).blocks }, new: document(new).blocks)
    return ["version": 1, "type": "doc", "content": .array(patched)]
  }
}

/// Patches the nodes of one container.
struct BlockPatch {
  var format: RichTextFormat
  var place: ADFNesting.Place
  var depth: Int

  /// A node and how the CRM sees it.
  private struct Piece {
    var node: JSONValue
    var keys: [String]
    /// Where its equals stand among the new blocks, if all of them do, side by side.
    var match: Range<Int>?
    var isVisible: Bool { !keys.isEmpty }
  }

  func nodes(_ nodes: [JSONValue], base: [RichTextBlock]? = nil, new: [RichTextBlock]) -> [JSONValue] {
    var pieces = nodes.map { node in
      Piece(node: node, keys: format.seen(ADFReader.blocks([node], depth: depth)).map(\.key).filter { !$0.isEmpty })
    }
    let new = new.filter { !$0.key.isEmpty }
    let keys = new.map(\.key)
    if let base { match(&pieces, base: base.map(\.key).filter { !$0.isEmpty }, keys) }
    match(&pieces, keys)
    return assemble(pieces, new)
  }

  /// Pieces that say just what new blocks say.
  private func match(_ pieces: inout [Piece], _ keys: [String]) {
    let found = Alignment.matches(pieces.flatMap(\.keys), keys)
    var taken = pieces.compactMap(\.match)
    var position = 0
    for index in pieces.indices {
      let matches = found[position..<position + pieces[index].keys.count]
      position += pieces[index].keys.count
      guard pieces[index].match == nil, let range = Self.run(matches), !taken.contains(where: { $0.overlaps(range) }),
        isInOrder(range, index, pieces)
      else { continue }
      pieces[index].match = range
      taken.append(range)
    }
  }

  private func isInOrder(_ range: Range<Int>, _ index: Int, _ pieces: [Piece]) -> Bool {
    pieces[..<index].allSatisfy { ($0.match?.upperBound ?? 0) <= range.lowerBound }
      && pieces[(index + 1)...].allSatisfy { ($0.match?.lowerBound ?? .max) >= range.upperBound }
  }

  private static func run(_ matches: ArraySlice<Int?>) -> Range<Int>? {
    guard let first = matches.first ?? nil else { return nil }
    for (offset, match) in matches.enumerated() where match != first + offset { return nil }
    return first..<first + matches.count
  }

  /// Pieces that the CRM shows in another way than they would be written: between what is equal, they are what the
  /// agreed text has there; and where that did not change, neither do they.
  private func match(_ pieces: inout [Piece], base: [String], _ keys: [String]) {
    let toBase = Alignment.matches(pieces.flatMap(\.keys), base)
    let toNew = Alignment.matches(base, keys)
    var position = 0
    var gap: [Int] = []
    var baseStart = 0
    func close(at end: Int) {
      defer {
        gap = []
        baseStart = end
      }
      guard let first = gap.first, end > baseStart, let range = Self.run(toNew[baseStart..<end]) else { return }
      pieces[first].match = range
      for other in gap.dropFirst() { pieces[other].match = range.upperBound..<range.upperBound }
    }
    for index in pieces.indices {
      let matches = toBase[position..<position + pieces[index].keys.count]
      position += pieces[index].keys.count
      if let range = Self.run(matches) {
        close(at: range.lowerBound)
        baseStart = range.upperBound
      } else if pieces[index].isVisible {
        gap.append(index)
      }
    }
    close(at: base.count)
  }

  /// The new blocks in their order, each as the piece that says the same, or as the piece that it changed.
  private func assemble(_ pieces: [Piece], _ new: [RichTextBlock]) -> [JSONValue] {
    var result: [JSONValue] = []
    var position = 0
    var changed: [JSONValue] = []
    var hidden: [JSONValue] = []
    func close(at end: Int) {
      result += gap(changed, Array(new[position..<end])) + hidden
      (changed, hidden) = ([], [])
    }
    for piece in pieces {
      if let match = piece.match {
        close(at: match.lowerBound)
        result.append(piece.node)
        position = match.upperBound
      } else if piece.isVisible {
        changed.append(piece.node)
      } else if changed.isEmpty {
        result.append(piece.node)
      } else {
        // What the CRM cannot see it has not taken away.
        hidden.append(piece.node)
      }
    }
    close(at: new.count)
    return result
  }

  /// What changed between two blocks that did not.
  private func gap(_ old: [JSONValue], _ new: [RichTextBlock]) -> [JSONValue] {
    guard !old.isEmpty, !new.isEmpty else { return written(new) }
    if old.count == 1, let patched = patch(old[0], new) { return patched }
    if old.count == new.count {
      return zip(old, new).flatMap { patch($0, [$1]) ?? written([$1]) }
    }
    // Each old block goes on in the new one that is most like it.
    var result: [JSONValue] = []
    var rest = old[...]
    for block in new {
      let words = Self.words(block.key)
      let likeness = rest.map { Self.likeness(words, Self.words(key(of: $0))) }
      let best = zip(rest.indices, likeness).max { $0.1 < $1.1 }
      guard let best, best.1 >= 0.4 else {
        result += written([block])
        continue
      }
      result += patch(rest[best.0], [block]) ?? written([block])
      rest = rest[(best.0 + 1)...]
    }
    return result
  }

  private func key(of node: JSONValue) -> String {
    format.seen(ADFReader.blocks([node], depth: depth)).map(\.key).joined(separator: "\n")
  }

  private static func words(_ text: String) -> Set<Substring> { Set(text.prefix(4000).split { !$0.isLetter }) }

  private static func likeness(_ first: Set<Substring>, _ second: Set<Substring>) -> Double {
    let all = max(first.count, second.count)
    return all == 0 ? 0 : Double(first.intersection(second).count) / Double(all)
  }

  private func written(_ blocks: [RichTextBlock]) -> [JSONValue] {
    ADFNesting.fit(blocks, in: place).map { ADFWriter.node($0, isNested: place != .document) }
  }

  // MARK: - One node

  /// The node with what the blocks say; nil: it is of another kind.
  private func patch(_ node: JSONValue, _ new: [RichTextBlock]) -> [JSONValue]? {
    guard depth < 30 else { return nil }
    let content = node["content"]?.array ?? []
    switch (node["type"]?.string, new.count == 1 ? new[0] : nil) {
    case ("paragraph", .paragraph(let inlines)?):
      return [node.with(content: InlinePatch(format: format).nodes(content, new: inlines))]
    case ("heading", .heading(let level, let inlines)?) where node["attrs"]?["level"]?.int == Int64(level):
      return [node.with(content: InlinePatch(format: format).nodes(content, new: inlines))]
    case ("codeBlock", .codeBlock(let language, let text)?):
      guard language == nil || language == node["attrs"]?["language"]?.string, !text.isEmpty else { return nil }
      return [node.with(content: [["type": "text", "text": .string(text)]])]
    case ("blockquote", .blockquote(let blocks)?): return inner(node, blocks, .quote)
    case ("bulletList", .bulletList(let items)?), ("orderedList", .orderedList(_, let items)?):
      return [node.with(content: self.items(content, items))]
    case ("taskList", .taskList(let tasks)?): return tasks.isEmpty ? nil : [taskList(node, tasks)]
    case ("table", .table(let rows)?): return rows.isEmpty ? nil : [node.with(content: self.rows(content, rows))]
    case ("panel", .panel(_, let blocks)?): return inner(node, blocks, .panel)
    case ("expand", .expand(let title, let blocks)?), ("nestedExpand", .expand(let title, let blocks)?):
      guard title == node["attrs"]?["title"]?.string ?? "" else { return nil }
      return inner(node, blocks, node["type"]?.string == "expand" ? .expand : .nestedExpand)
    // In most markups a panel is what stands in it.
    case ("panel", _) where new.allSatisfy(\.mayStandInPanel): return inner(node, new, .panel)
    case ("expand", _) where format != .html: return unfolded(node, new, .expand)
    case ("nestedExpand", _) where format != .html: return unfolded(node, new, .nestedExpand)
    default: return nil
    }
  }

  private func inner(_ node: JSONValue, _ blocks: [RichTextBlock], _ place: ADFNesting.Place) -> [JSONValue]? {
    let patch = BlockPatch(format: format, place: place, depth: depth + 1)
    let content = patch.nodes(node["content"]?.array ?? [], new: blocks)
    return content.isEmpty ? nil : [node.with(content: content)]
  }

  /// What opens is its title and its content: the title has to be there still.
  private func unfolded(_ node: JSONValue, _ new: [RichTextBlock], _ place: ADFNesting.Place) -> [JSONValue]? {
    let title = node["attrs"]?["title"]?.string ?? ""
    if title.isEmpty { return inner(node, new, place) }
    guard case .paragraph(let inlines)? = new.first, inlines.plainText == title, new.count > 1 else { return nil }
    return inner(node, Array(new.dropFirst()), place)
  }

  private func items(_ nodes: [JSONValue], _ items: [[RichTextBlock]]) -> [JSONValue] {
    let patch = BlockPatch(format: format, place: .listItem, depth: depth + 1)
    return pairs(
      nodes, new: items,
      key: { item in
        let blocks = ADFReader.blocks(item["content"]?.array ?? [], depth: depth + 1)
        return format.seen([.bulletList([blocks])]).map(\.key)
      },
      newKey: { [RichTextBlock.bulletList([$0]).key] },
      changed: { node, item in
        let content = patch.nodes(node["content"]?.array ?? [], new: item)
        return content.isEmpty ? patch.item(item) : node.with(content: content)
      }, written: { patch.item($0) })
  }

  private func item(_ blocks: [RichTextBlock]) -> JSONValue {
    let content = written(blocks)
    let empty: [JSONValue] = [["type": "paragraph", "content": []]]
    return ["type": "listItem", "content": .array(content.isEmpty ? empty : content)]
  }

  private func rows(_ nodes: [JSONValue], _ rows: [RichTextRow]) -> [JSONValue] {
    let patch = BlockPatch(format: format, place: .cell, depth: depth + 1)
    func cells(_ row: RichTextRow) -> [String] { row.cells.map { $0.blocks.map(\.key).joined(separator: "\n") } }
    return pairs(
      nodes, new: rows,
      key: { row in
        (row["content"]?.array ?? []).map { cell in
          key(of: ["type": "doc", "content": cell["content"] ?? []], inDocument: true)
        }
      },
      newKey: cells,
      changed: { node, row in
        let old = node["content"]?.array ?? []
        guard old.count == row.cells.count else { return ADFWriter.row(row) }
        return node.with(
          content: zip(old, row.cells).map { cell, new in
            let content = patch.nodes(cell["content"]?.array ?? [], new: new.blocks)
            return cell.with(content: content.isEmpty ? [["type": "paragraph", "content": []]] : content)
          })
      }, written: ADFWriter.row)
  }

  private func key(of document: JSONValue, inDocument: Bool) -> String {
    format.seen(ADFReader.blocks(document["content"]?.array ?? [], depth: depth + 1)).map(\.key).joined(separator: "\n")
  }

  /// Parts of a list or a table: equal ones as they are, changed ones by twos, others anew.
  func pairs<Node, Part>(
    _ nodes: [Node], new: [Part], key: (Node) -> [String], newKey: (Part) -> [String],
    changed: (Node, Part) -> Node, written: (Part) -> Node
  ) -> [Node] {
    let matches = Alignment.matches(nodes.map(key), new.map(newKey))
    var result: [Node] = []
    var position = 0
    var old: [Node] = []
    func close(at end: Int) {
      let parts = new[position..<end]
      // As many as there were are the same ones, changed; else those at the end are new, or gone.
      result += zip(old, parts).map(changed) + parts.dropFirst(old.count).map(written)
      old = []
    }
    for (node, match) in zip(nodes, matches) {
      guard let match else {
        old.append(node)
        continue
      }
      close(at: match)
      result.append(node)
      position = match + 1
    }
    close(at: new.count)
    return result
  }
}

extension JSONValue {
  /// The node with other content, its attributes and marks as they are.
  func with(content: [JSONValue]) -> JSONValue {
    guard var members else { return self }
    if let index = members.firstIndex(where: { $0.key == "content" }) {
      members[index].value = .array(content)
    } else {
      members.append(JSONMember("content", .array(content)))
    }
    return .object(members)
  }
}

extension RichTextBlock {
  fileprivate var mayStandInPanel: Bool {
    switch self {
    case .paragraph, .heading, .bulletList, .orderedList, .taskList, .codeBlock, .rule, .unknown: true
    case .blockquote, .panel, .expand, .table: false
    }
  }
}
