/// What changed between two contents of one file, line by line, as `diff -u` shows it. Pure.
package struct FileDifference: Hashable, Sendable {
  package enum Change: String, Hashable, Sendable { case added, removed, changed }

  package struct Line: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case same, removed, added }

    package var kind: Kind
    package var text: String
    /// It is a file's last one, and does not end it as lines end.
    package var lacksNewline: Bool
  }

  /// A stretch of changed lines with three lines around it.
  package struct Hunk: Hashable, Sendable {
    /// The number of its first line, from 1, and how many it has, in the old file and in the new one.
    package var old: (start: Int, count: Int) { (oldStart, oldCount) }
    package var new: (start: Int, count: Int) { (newStart, newCount) }
    package var lines: [Line]
    fileprivate var oldStart: Int
    fileprivate var newStart: Int
    private var oldCount: Int { lines.count { $0.kind != .added } }
    private var newCount: Int { lines.count { $0.kind != .removed } }

    /// `@@ -1,4 +1,5 @@`; an empty side is said to begin before its first line
    /// (https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html).
    package var header: String {
      let part = { (start: Int, count: Int) in
        count == 1 ? "\(start)" : "\(count == 0 ? start - 1 : start),\(count)"
      }
      return "@@ -\(part(oldStart, oldCount)) +\(part(newStart, newCount)) @@"
    }
  }

  package var path: String
  package var change: Change
  package var hunks: [Hunk]

  /// More changed lines than this, of both sides together, are shown as all removed and all added: finding the shortest
  /// way from one to the other takes memory by the square of its length.
  private static let limit = 3000
  private static let context = 3

  /// - Parameters:
  ///   - old: nil: there was no such file.
  ///   - new: nil: there is none any more.
  /// - Returns: nil where nothing changed.
  package init?(path: String, old: [UInt8]?, new: [UInt8]?) {
    guard old != new else { return nil }
    self.path = path
    change = old == nil ? .added : new == nil ? .removed : .changed
    hunks = Self.hunks(Self.lines(old ?? []), Self.lines(new ?? []))
  }

  /// As `diff -u` prints it.
  package var unified: String {
    var lines = [
      "--- " + (change == .added ? "/dev/null" : "a/" + path),
      "+++ " + (change == .removed ? "/dev/null" : "b/" + path),
    ]
    for hunk in hunks {
      lines.append(hunk.header)
      for line in hunk.lines {
        lines.append(line.sign + line.text)
        if line.lacksNewline { lines.append("\\ No newline at end of file") }
      }
    }
    return lines.joined(separator: "\n")
  }

  // MARK: - Lines

  /// The lines with the byte that ends each; the last one may lack it.
  private static func lines(_ content: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = content.startIndex
    while start < content.endIndex {
      let end = content[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? content.endIndex
      lines.append(content[start..<end])
      start = end
    }
    return lines
  }

  private static func line(_ kind: Line.Kind, _ bytes: ArraySlice<UInt8>) -> Line {
    let lacksNewline = bytes.last != UInt8(ascii: "\n")
    let text = String(decoding: lacksNewline ? bytes : bytes.dropLast(), as: UTF8.self)
    return Line(kind: kind, text: text, lacksNewline: lacksNewline)
  }

  private static func hunks(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Hunk] {
    var first = 0
    while first < min(old.count, new.count), old[first] == new[first] { first += 1 }
    var last = 0
    while last < min(old.count, new.count) - first, old[old.count - 1 - last] == new[new.count - 1 - last] { last += 1 }
    let middle = script(Array(old[first..<old.count - last]), Array(new[first..<new.count - last]))
    let lines =
      old[..<first].map { line(.same, $0) } + middle + old[(old.count - last)...].map { line(.same, $0) }
    return grouped(lines)
  }

  /// The way from one list of lines to the other; what is removed comes before what is added in its place.
  private static func script(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Line] {
    guard old.count + new.count <= limit else {
      return old.map { line(.removed, $0) } + new.map { line(.added, $0) }
    }
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var result: [Line] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if i < old.count, removed.contains(i) {
        result.append(line(.removed, old[i]))
        i += 1
      } else if j < new.count, added.contains(j) {
        result.append(line(.added, new[j]))
        j += 1
      } else {
        result.append(line(.same, old[i]))
        (i, j) = (i + 1, j + 1)
      }
    }
    return result
  }

  private static func grouped(_ lines: [Line]) -> [Hunk] {
    var hunks: [Hunk] = []
    var end = 0
    var numbers = (old: 1, new: 1)
    var position = 0
    /// Counts the lines that are passed on the way to one.
    func advance(to index: Int) {
      for line in lines[position..<index] {
        if line.kind != .added { numbers.old += 1 }
        if line.kind != .removed { numbers.new += 1 }
      }
      position = index
    }
    for index in lines.indices where lines[index].kind != .same {
      let start = max(index - context, end)
      let stop = min(index + context + 1, lines.count)
      if hunks.isEmpty || index - context > end {
        advance(to: start)
        hunks.append(
          Hunk(lines: Array(lines[start..<stop]), oldStart: numbers.old, newStart: numbers.new))
      } else if stop > end {
        hunks[hunks.count - 1].lines += lines[end..<stop]
      }
      end = max(end, stop)
    }
    return hunks
  }
}

extension FileDifference.Line {
  /// How `diff -u` marks it.
  package var sign: String {
    switch kind {
    case .same: " "
    case .removed: "-"
    case .added: "+"
    }
  }
}
