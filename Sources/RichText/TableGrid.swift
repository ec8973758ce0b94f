/// Tables for formats whose cells span nothing: what a cell covers beside itself are empty cells.
enum TableGrid {
  static func spread(_ rows: [RichTextRow]) -> [RichTextRow] {
    guard rows.contains(where: { $0.cells.contains { $0.columns > 1 || $0.rows > 1 } }) else { return rows }
    /// How many rows below, by column, are covered from above.
    var covered: [Int: Int] = [:]
    return rows.map { row in
      var cells: [RichTextCell] = []
      func fillCovered() {
        while let left = covered[cells.count], left > 0 {
          covered[cells.count] = left - 1
          cells.append(RichTextCell(isHeader: false, blocks: []))
        }
      }
      for cell in row.cells {
        fillCovered()
        for column in 0..<min(cell.columns, 100) {
          covered[cells.count] = cell.rows - 1
          cells.append(RichTextCell(isHeader: cell.isHeader, blocks: column == 0 ? cell.blocks : []))
        }
      }
      fillCovered()
      return RichTextRow(cells: cells)
    }
  }
}
