/// Which elements of two sequences are the same, in order (a longest common subsequence).
enum Alignment {
  /// The work grows with the product of what differs: beyond this only what is equal at both ends is found.
  private static let limit = 4_000_000

  /// For each element of the first the index of its equal in the second, or nil.
  static func matches<Element: Hashable>(_ first: [Element], _ second: [Element]) -> [Int?] {
    var result = [Int?](repeating: nil, count: first.count)
    var start = 0
    while start < first.count, start < second.count, first[start] == second[start] {
      result[start] = start
      start += 1
    }
    var end = 0
    while end < first.count - start, end < second.count - start,
      first[first.count - 1 - end] == second[second.count - 1 - end]
    {
      result[first.count - 1 - end] = second.count - 1 - end
      end += 1
    }
    let rows = first.count - start - end
    let columns = second.count - start - end
    guard rows > 0, columns > 0, rows * columns <= limit else { return result }
    // lengths[row][column]: how much the rests from there have in common.
    var lengths = [Int32](repeating: 0, count: (rows + 1) * (columns + 1))
    for row in stride(from: rows - 1, through: 0, by: -1) {
      for column in stride(from: columns - 1, through: 0, by: -1) {
        let here = row * (columns + 1) + column
        lengths[here] =
          first[start + row] == second[start + column]
          ? lengths[here + columns + 2] + 1 : max(lengths[here + columns + 1], lengths[here + 1])
      }
    }
    var (row, column) = (0, 0)
    while row < rows, column < columns {
      let here = row * (columns + 1) + column
      if first[start + row] == second[start + column] {
        result[start + row] = start + column
        row += 1
        column += 1
      } else if lengths[here + columns + 1] >= lengths[here + 1] {
        row += 1
      } else {
        column += 1
      }
    }
    return result
  }
}
