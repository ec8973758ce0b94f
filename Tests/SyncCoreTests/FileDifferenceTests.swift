import SyncCore
import Testing

@Suite("What changed in a file")
struct FileDifferenceTests {
  private func difference(_ old: String?, _ new: String?) -> FileDifference? {
    FileDifference(path: "support.xml", old: old.map { Array($0.utf8) }, new: new.map { Array($0.utf8) })
  }

  @Test("A changed line is shown with three lines around it, as diff -u shows it")
  func changed() {
    let old = (1...10).map { "line \($0)\n" }.joined()
    let new = (1...10).map { $0 == 5 ? "line five\n" : "line \($0)\n" }.joined()
    #expect(
      difference(old, new)?.unified == """
        --- a/support.xml
        +++ b/support.xml
        @@ -2,7 +2,7 @@
         line 2
         line 3
         line 4
        -line 5
        +line five
         line 6
         line 7
         line 8
        """)
  }

  @Test("Changes that are far apart stand in hunks of their own, near ones in one")
  func hunks() throws {
    let old = (1...40).map { "\($0)\n" }.joined()
    let new = (1...40).map { [5, 11, 30].contains($0) ? "x\n" : "\($0)\n" }.joined()
    let found = try #require(difference(old, new))
    #expect(found.hunks.map(\.header) == ["@@ -2,13 +2,13 @@", "@@ -27,7 +27,7 @@"])
  }

  @Test("A file that came or went is shown whole, and a missing last newline is said")
  func wholeFiles() {
    #expect(
      difference(nil, "a\nb")?.unified == """
        --- /dev/null
        +++ b/support.xml
        @@ -0,0 +1,2 @@
        +a
        +b
        \\ No newline at end of file
        """)
    #expect(difference("a\n", nil)?.unified == "--- a/support.xml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a")
  }

  @Test("The same bytes differ in nothing; letters that only look the same do")
  func bytes() {
    #expect(difference("a\n", "a\n") == nil)
    #expect(difference("\u{e9}\n", "e\u{301}\n")?.hunks.count == 1)
  }

  @Test("Removing the old lines and adding the new ones leads from one file to the other", arguments: 0..<40)
  func applies(_ seed: Int) throws {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let old = (0..<next(30)).map { _ in "l\(next(6))" }
    let new = (0..<next(30)).map { _ in "l\(next(6))" }
    guard let found = difference(old.map { $0 + "\n" }.joined(), new.map { $0 + "\n" }.joined()) else {
      #expect(old == new)
      return
    }
    var result = old
    for hunk in found.hunks.reversed() {
      let start = hunk.old.start - 1
      #expect(Array(result[start..<start + hunk.old.count]) == hunk.lines.filter { $0.kind != .added }.map(\.text))
      result.replaceSubrange(
        start..<start + hunk.old.count, with: hunk.lines.filter { $0.kind != .removed }.map(\.text))
    }
    #expect(result == new)
  }

  @Test("Two long files that have nothing in common cost no more than showing both")
  func long() throws {
    let old = (0..<20_000).map { "old \($0)\n" }.joined()
    let new = (0..<20_000).map { "new \($0)\n" }.joined()
    #expect(try #require(difference(old, new)).hunks.map(\.lines.count) == [40_000])
  }
}
