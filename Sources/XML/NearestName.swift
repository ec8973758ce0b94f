/// Finds what was probably meant when a name is not known.
package enum NearestName {
  /// The most similar candidate, if one is similar enough to be worth saying.
  package static func find(_ name: String, in candidates: some Sequence<String>) -> String? {
    let limit = max(1, min(3, name.unicodeScalars.count / 2))
    return candidates.sorted()
      .map { (candidate: $0, distance: distance(name.lowercased(), $0.lowercased())) }
      .filter { $0.distance <= limit }
      .min { $0.distance < $1.distance }?.candidate
  }

  /// `; did you mean 'priority'?`, or nothing.
  package static func hint(_ name: String, in candidates: some Sequence<String>) -> String {
    find(name, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other (Damerau–Levenshtein,
  /// restricted).
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars.prefix(64))
    let right = Array(right.unicodeScalars.prefix(64))
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        var best = min(previous[column + 1], current[column]) + 1
        best = min(best, previous[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      before = previous
      previous = current
    }
    return previous[right.count]
  }
}
