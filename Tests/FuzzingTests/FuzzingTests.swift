import Foundation
import Fuzzing
import JSON
import RichText
import Testing

@Suite("Any input")
struct FuzzingTests {
  static func corpus(of target: FuzzTarget) throws -> [FuzzSeed] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "fixtures/fuzz/\(target.rawValue)")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map { name in
      FuzzSeed(name: name, bytes: Array(try Data(contentsOf: folder.appending(path: name))))
    }
  }

  @Test("The corpus itself is taken well", arguments: FuzzTarget.allCases)
  func corpus(target: FuzzTarget) throws {
    let seeds = try Self.corpus(of: target)
    #expect(!seeds.isEmpty)
    for seed in seeds { #expect(target.problem(with: seed.bytes) == nil, "\(seed.name)") }
  }

  @Test("Some hundred changed inputs are taken well", arguments: FuzzTarget.allCases, 1...1)
  func changed(target: FuzzTarget, seed: UInt64) throws {
    let corpus = try Self.corpus(of: target)
    for iteration in 0..<60 {
      let bytes = FuzzInput.bytes(target, corpus: corpus, seed: seed, iteration: UInt64(iteration))
      let problem = target.problem(with: bytes)
      #expect(problem == nil, "seed \(seed), iteration \(iteration)")
    }
  }

  @Test("One seed and iteration always give the same input")
  func deterministic() throws {
    let corpus = try Self.corpus(of: .html)
    let once = (0..<20).map { FuzzInput.bytes(.html, corpus: corpus, seed: 7, iteration: $0) }
    #expect(once == (0..<20).map { FuzzInput.bytes(.html, corpus: corpus, seed: 7, iteration: $0) })
    #expect(Set(once).count > 15)
  }
}

@Suite("Random documents")
struct RandomDocumentTests {
  @Test("They are documents that Jira accepts", arguments: 0..<10)
  func valid(seed: UInt64) {
    for offset in 0..<10 {
      #expect(ADFRules.problems(in: RandomDocument.adf(seed: seed &* 10 &+ UInt64(offset))) == [])
    }
  }

  @Test("Written in any markup and read again they are valid, and the second time changes nothing", arguments: 0..<12)
  func roundTrips(seed: UInt64) {
    for offset in 0..<4 {
      let seed = seed &* 10 &+ UInt64(offset)
      #expect(FuzzTarget.problem(ofReading: RandomDocument.adf(seed: seed)) == nil, "seed \(seed)")
    }
  }

  @Test(
    "No word is lost on the way through a markup and back", arguments: RichTextFormat.allCases, [1, 18, 29, 34, 38])
  func nothingIsLost(format: RichTextFormat, seed: UInt64) {
    let adf = RandomDocument.adf(seed: seed)
    let back = format.adf(format.text(fromADF: adf))
    // The markups number lists anew, and wiki markup tells an item's code below its text.
    let words = { (adf: JSONValue) in
      Self.words(RichTextConversion.plain(fromADF: adf)).filter { Int($0) == nil }.sorted()
    }
    // A link that a markup cannot hold is told as an address behind its text, so words may be added.
    var found = words(back)
    let lost = words(adf).filter { word in
      guard let index = found.firstIndex(of: word) else { return true }
      found.remove(at: index)
      return false
    }
    #expect(lost == [], "seed \(seed)")
  }

  private static func words(_ text: String) -> [String] {
    text.unicodeScalars.split { !$0.properties.isAlphabetic && !("0"..."9").contains($0) }.map(String.init)
  }

  @Test("A document patched with its own text stays as it is", arguments: RichTextFormat.allCases, 0..<6)
  func patchedWithItself(format: RichTextFormat, seed: UInt64) {
    let adf = RandomDocument.adf(seed: seed)
    let text = format.text(fromADF: adf)
    let patched = RichTextPatch.adf(current: adf, base: format.adf(text), new: format.adf(text), format: format)
    #expect(patched == adf, "seed \(seed)")
    let again = RichTextPatch.text(current: text, new: adf, format: format)
    #expect(again == text, "seed \(seed)")
  }

  @Test("Patched with another's text a document says that text", arguments: RichTextFormat.allCases, 0..<6)
  func patchedWithAnother(format: RichTextFormat, seed: UInt64) {
    let adf = RandomDocument.adf(seed: seed)
    let new = format.adf(format.text(fromADF: RandomDocument.adf(seed: seed &+ 1000)))
    let patched = RichTextPatch.adf(current: adf, new: new, format: format)
    #expect(ADFRules.problems(in: patched) == [], "seed \(seed)")
    let seen = { (adf: JSONValue) in RichTextConversion.markdown(fromADF: format.adf(format.text(fromADF: adf))) }
    #expect(Self.words(seen(patched)) == Self.words(seen(new)), "seed \(seed)")
  }
}

@Suite("Visible words")
struct VisibleWordsTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var format: RichTextFormat
    var text: String
    var shown: String
    var testDescription: String { text }
  }

  static let samples = [
    Sample(
      format: .html,
      text:
        "<title>no</title><!-- no --><p title='no'>a<b>b</b><script>no</script> <img alt='c'></p>d<a href='no'>"
        + "e&eacute;",
      shown: "ab c de\u{E9}"),
    Sample(format: .markdown, text: "# a *b* [c](https://no.example 'no')\n3. d `e`", shown: "a b c d e"),
    Sample(format: .wiki, text: "h1. a\n{panel:title=no}*b* [c|https://no.example]\n* 3. d", shown: "a b c d"),
    Sample(format: .plain, text: "a, b-c\u{0}d", shown: "a b cd"),
  ]

  @Test("They are what a reader of the text sees, and each is missed where it is not", arguments: samples)
  func missed(sample: Sample) {
    let words = sample.shown.split(separator: " ").map(String.init)
    #expect(LostWords.problem(of: sample.format, sample.text, adf: RichTextFormat.plain.adf(sample.shown)) == nil)
    for word in words {
      let rest = words.filter { $0 != word }.joined(separator: " ")
      #expect(
        LostWords.problem(of: sample.format, sample.text, adf: RichTextFormat.plain.adf(rest))
          == "\(sample.format): the word '\(word)' is lost")
    }
  }
}
