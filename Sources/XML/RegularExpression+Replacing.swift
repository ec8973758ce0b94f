extension RegularExpression {
  /// The text with every match replaced, from left to right; in the replacement, `$1` to `$9` are what the groups took, `$0`
  /// the whole match, and `$$` a dollar.
  ///
  /// - Throws: ``TooLong`` when text and pattern together would take too many steps.
  package func replacing(in text: String, with replacement: String) throws(TooLong) -> String {
    let scalars = Array(text.unicodeScalars)
    let pieces = Self.pieces(of: replacement)
    var machine = Machine(program: program, scalars: scalars)
    var result = String.UnicodeScalarView()
    var index = 0
    while index <= scalars.count {
      guard let found = try machine.firstMatch(from: index) else { break }
      result.append(contentsOf: scalars[index..<found.start])
      for piece in pieces {
        switch piece {
        case .text(let fixed): result.append(contentsOf: fixed.unicodeScalars)
        case .group(let number): if let range = found.range(of: number) { result.append(contentsOf: scalars[range]) }
        }
      }
      index = found.end
      if found.end == found.start {
        if index < scalars.count { result.append(scalars[index]) }
        index += 1
      }
    }
    if index < scalars.count { result.append(contentsOf: scalars[index...]) }
    return String(result)
  }

  /// The highest group that a replacement names, and where.
  static func highestGroup(in replacement: String) -> (group: Int, offset: Int)? {
    var highest: (group: Int, offset: Int)?
    var offset = 0
    for piece in pieces(of: replacement) {
      switch piece {
      case .text(let text): offset += text.unicodeScalars.count { $0 == "$" } + text.unicodeScalars.count
      case .group(let number):
        if number > highest?.group ?? -1 { highest = (number, offset) }
        offset += 2
      }
    }
    return highest
  }

  private enum Piece {
    case text(String)
    case group(Int)
  }

  private static func pieces(of replacement: String) -> [Piece] {
    let scalars = Array(replacement.unicodeScalars)
    var pieces: [Piece] = []
    var index = 0
    while index < scalars.count {
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      if scalars[index] == "$", let next, ("0"..."9").contains(next) {
        pieces.append(.group(Int(next.value - 0x30)))
        index += 2
      } else {
        pieces.append(.text(String(scalars[index])))
        index += scalars[index] == "$" && next == "$" ? 2 : 1
      }
    }
    return pieces
  }
}

/// What one search found: the places of the groups, two by two.
private struct FoundMatch {
  var places: [Int]
  var start: Int { places[0] }
  var end: Int { places[1] }

  func range(of group: Int) -> Range<Int>? {
    guard group * 2 + 1 < places.count, places[group * 2] >= 0, places[group * 2 + 1] >= places[group * 2] else {
      return nil
    }
    return places[group * 2]..<places[group * 2 + 1]
  }
}

/// Follows all ways through a program at once, in the order of their preference.
private struct Machine {
  private struct Thread {
    var place: Int
    var saved: [Int]
  }

  let program: [RegularExpression.Instruction]
  let scalars: [Unicode.Scalar]
  private var steps = 0
  private var visited: [Int]
  private var generation = 0
  private let slots: Int

  init(program: [RegularExpression.Instruction], scalars: [Unicode.Scalar]) {
    self.program = program
    self.scalars = scalars
    visited = [Int](repeating: 0, count: program.count)
    slots = program.reduce(2) { if case .save(let slot) = $1 { max($0, slot + 1) } else { $0 } }
  }

  mutating func firstMatch(from start: Int) throws(RegularExpression.TooLong) -> FoundMatch? {
    var found: FoundMatch?
    var threads: [Thread] = []
    var index = start
    while true {
      generation += 1
      var current: [Thread] = []
      for thread in threads { try follow(thread.place, thread.saved, at: index, into: &current) }
      if found == nil { try follow(0, [Int](repeating: -1, count: slots), at: index, into: &current) }
      guard !current.isEmpty else {
        if found != nil || index >= scalars.count { return found }
        threads = []
        index += 1
        continue
      }
      threads = []
      for thread in current {
        steps += 1
        if case .match = program[thread.place] {
          found = FoundMatch(places: thread.saved)
          break
        }
        if case .one(let set) = program[thread.place], index < scalars.count, set.contains(scalars[index]) {
          threads.append(Thread(place: thread.place + 1, saved: thread.saved))
        }
      }
      guard steps <= RegularExpression.stepLimit else { throw RegularExpression.TooLong() }
      if index >= scalars.count || threads.isEmpty && found != nil { return found }
      index += 1
    }
  }

  /// Adds the instructions that can take a character, or that match, to the list.
  private mutating func follow(
    _ place: Int, _ saved: [Int], at index: Int, into list: inout [Thread]
  ) throws(RegularExpression.TooLong) {
    var open = [Thread(place: place, saved: saved)]
    while var thread = open.popLast() {
      guard visited[thread.place] != generation else { continue }
      visited[thread.place] = generation
      steps += 1
      guard steps <= RegularExpression.stepLimit else { throw RegularExpression.TooLong() }
      switch program[thread.place] {
      case .one, .match: list.append(thread)
      case .jump(let target): open.append(Thread(place: target, saved: thread.saved))
      case .split(let first, let second):
        open.append(Thread(place: second, saved: thread.saved))
        open.append(Thread(place: first, saved: thread.saved))
      case .save(let slot):
        thread.saved[slot] = index
        open.append(Thread(place: thread.place + 1, saved: thread.saved))
      case .start: if index == 0 { open.append(Thread(place: thread.place + 1, saved: thread.saved)) }
      case .end: if index == scalars.count { open.append(Thread(place: thread.place + 1, saved: thread.saved)) }
      case .wordEdge(let isEdge):
        if (isWord(index - 1) != isWord(index)) == isEdge {
          open.append(Thread(place: thread.place + 1, saved: thread.saved))
        }
      }
    }
  }

  private func isWord(_ index: Int) -> Bool {
    guard scalars.indices.contains(index) else { return false }
    return RegularExpressionParser.word.contains { $0.contains(scalars[index].value) }
  }
}
