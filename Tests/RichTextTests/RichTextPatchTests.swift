import CustomDump
import JSON
import RichText
import Testing

@Suite("Changing a text where it stands")
struct RichTextPatchTests {
  private static func document(_ blocks: JSONValue...) -> JSONValue {
    ["version": 1, "type": "doc", "content": .array(blocks)]
  }

  private static func text(_ text: String, _ marks: JSONValue...) -> JSONValue {
    marks.isEmpty
      ? ["type": "text", "text": .string(text)] : ["type": "text", "text": .string(text), "marks": .array(marks)]
  }

  private static func paragraph(_ inlines: JSONValue...) -> JSONValue {
    ["type": "paragraph", "content": .array(inlines)]
  }

  private static let mention: JSONValue = [
    "type": "mention", "attrs": ["id": "5b10", "text": "@Dana", "localId": "m1"],
  ]
  private static let status: JSONValue = [
    "type": "status", "attrs": ["text": "DONE", "color": "green", "localId": "s1"],
  ]
  private static let date: JSONValue = ["type": "date", "attrs": ["timestamp": "1700000000000"]]
  private static let red: JSONValue = ["type": "textColor", "attrs": ["color": "#ff5630"]]

  private static func panel(_ blocks: JSONValue...) -> JSONValue {
    ["type": "panel", "attrs": ["panelType": "warning", "localId": "p1"], "content": .array(blocks)]
  }

  private static let media: JSONValue = [
    "type": "mediaSingle", "attrs": ["layout": "center"],
    "content": [["type": "media", "attrs": ["type": "file", "id": "a-b", "collection": "c"]]],
  ]
  private static let expand: JSONValue = [
    "type": "expand", "attrs": ["title": "Log"], "content": [paragraph(text("line"))],
  ]

  /// A document with one of each of what markups cannot say.
  static let rich = document(
    paragraph(text("The invoice is "), text("wrong", red), text(" for "), mention, text(".")),
    panel(paragraph(text("Do not pay.")), paragraph(text("Ask "), mention, text(" first."))), media, expand,
    paragraph(status, text(" since "), date, text(".")),
    [
      "type": "bulletList", "attrs": ["localId": "l1"],
      "content": [
        ["type": "listItem", "content": [paragraph(text("one "), mention)]],
        ["type": "listItem", "content": [paragraph(text("two"))]],
      ],
    ],
    [
      "type": "table", "attrs": ["isNumberColumnEnabled": true, "layout": "wide"],
      "content": [
        [
          "type": "tableRow",
          "content": [
            ["type": "tableHeader", "attrs": ["background": "#eeeeee"], "content": [paragraph(text("k"))]],
            ["type": "tableHeader", "content": [paragraph(text("v"))]],
          ],
        ],
        [
          "type": "tableRow",
          "content": [
            ["type": "tableCell", "content": [paragraph(text("1"))]],
            ["type": "tableCell", "content": [paragraph(text("old "), status)]],
          ],
        ],
      ],
    ])

  private func patched(_ format: RichTextFormat, _ change: (String) -> String) -> JSONValue {
    let base = format.text(fromADF: Self.rich)
    let new = change(base)
    #expect(new != base)
    return RichTextPatch.adf(
      current: Self.rich, base: format.adf(base), new: format.adf(new), format: format)
  }

  @Test("A text that did not change leaves the document as it is", arguments: RichTextFormat.allCases)
  func unchanged(format: RichTextFormat) {
    let base = format.adf(format.text(fromADF: Self.rich))
    #expect(diff(RichTextPatch.adf(current: Self.rich, base: base, new: base, format: format), Self.rich) == nil)
    #expect(diff(RichTextPatch.adf(current: Self.rich, new: base, format: format), Self.rich) == nil)
  }

  @Test("One changed word changes one word", arguments: RichTextFormat.allCases)
  func oneWord(format: RichTextFormat) throws {
    let adf = patched(format) { $0.replacing("invoice", with: "bill") }
    let expected = try JSONReader.read(Self.rich.compact.replacing("The invoice is", with: "The bill is"))
    #expect(diff(adf, expected) == nil)
  }

  @Test("A change inside of a panel stays inside of it", arguments: RichTextFormat.allCases)
  func inPanel(format: RichTextFormat) throws {
    let adf = patched(format) { $0.replacing("Do not pay", with: "Never pay") }
    #expect(diff(adf, try JSONReader.read(Self.rich.compact.replacing("Do not pay", with: "Never pay"))) == nil)
  }

  @Test("A changed item and a changed cell change nothing beside them", arguments: RichTextFormat.allCases)
  func inListAndTable(format: RichTextFormat) throws {
    let adf = patched(format) { $0.replacing("two", with: "three").replacing("old", with: "new") }
    // Plain text has no tables and no lists: what was changed there is text.
    if format == .plain {
      #expect(adf.compact.contains(Self.media.compact) && adf.compact.contains(Self.panel().compact.prefix(60)))
      return
    }
    let expected = Self.rich.compact.replacing("\"two\"", with: "\"three\"").replacing("old ", with: "new ")
    #expect(diff(adf, try JSONReader.read(expected)) == nil)
  }

  @Test("A paragraph that is added or taken away leaves the others", arguments: RichTextFormat.allCases)
  func addedAndRemoved(format: RichTextFormat) throws {
    let added = RichTextPatch.adf(
      current: Self.rich,
      new: format.adf(format.text(fromADF: Self.rich) + (format == .html ? "<p>More.</p>" : "\n\nMore.")),
      format: format)
    #expect(added["content"]?.array?.dropLast().map(\.self) == Self.rich["content"]?.array)
    #expect(added["content"]?.array?.last == Self.paragraph(Self.text("More.")))

    let document = Self.document(
      Self.paragraph(Self.text("a")), Self.panel(Self.paragraph(Self.text("b"))), Self.paragraph(Self.text("c")))
    let text = format.text(fromADF: Self.document(Self.paragraph(Self.text("c"))))
    #expect(
      diff(
        RichTextPatch.adf(current: document, new: format.adf(text), format: format),
        Self.document(Self.paragraph(Self.text("c")))) == nil)
  }

  @Test("A mention whose name was changed is text", arguments: RichTextFormat.allCases.filter { $0 != .wiki })
  func changedMention(format: RichTextFormat) {
    let document = Self.document(Self.paragraph(Self.text("Ask "), Self.mention, Self.text(" now")))
    let new = format.text(fromADF: document).replacing("@Dana", with: "@Mark")
    #expect(
      diff(
        RichTextPatch.adf(current: document, new: format.adf(new), format: format),
        Self.document(Self.paragraph(Self.text("Ask @Mark now")))) == nil)
  }

  @Test("What both sides agreed to show differently stays as Jira has it")
  func agreedDifference() {
    let current = Self.document(
      Self.paragraph(Self.text("Reported by Rohit in the CRM")), Self.paragraph(Self.text("It fails.")),
      Self.panel(Self.paragraph(Self.text("Careful."))))
    let base = RichTextConversion.adf(fromPlain: "It fails, he says.\n\nCareful.")
    let new = RichTextConversion.adf(fromPlain: "It fails, he says.\n\nVery careful.")
    let patched = RichTextPatch.adf(current: current, base: base, new: new, format: .plain)
    #expect(RichTextConversion.plain(fromADF: patched).hasSuffix("Very careful."))
    #expect(patched.compact.contains("\"panelType\":\"warning\""))
  }

  private static func task(_ id: String, _ state: String, _ inlines: JSONValue...) -> JSONValue {
    ["type": "taskItem", "attrs": ["localId": .string(id), "state": .string(state)], "content": .array(inlines)]
  }

  private static func tasks(_ id: String, _ items: JSONValue...) -> JSONValue {
    ["type": "taskList", "attrs": ["localId": .string(id)], "content": .array(items)]
  }

  @Test("A task that changes leaves the other tasks as they are", arguments: [RichTextFormat.html, .markdown, .wiki])
  func tasks(format: RichTextFormat) {
    let inner = Self.tasks("l2", Self.task("t3", "TODO", Self.text("call "), Self.mention))
    let current = Self.document(
      Self.tasks(
        "l1", Self.task("t1", "TODO", Self.text("ask "), Self.mention),
        Self.task("t2", "TODO", Self.text("pay", Self.red)),
        inner, Self.task("t4", "TODO", Self.text("write "), Self.status, Self.text(" to all"))))
    let before = RichTextDocument(adf: current)
    guard case .taskList(var tasks)? = format.document(format.text(before)).blocks.first else {
      Issue.record("no tasks")
      return
    }
    tasks[1].isDone = true
    tasks[3].inlines = [.text("write DONE to nobody", .none)]
    let rest = RichTextTask(isDone: false, inlines: [.text("rest", .none)])
    tasks.append(rest)
    let new = format.adf(format.text(RichTextDocument(blocks: [.taskList(tasks)])))
    let patched = RichTextPatch.adf(current: current, new: new, format: format)
    let expected = Self.document(
      Self.tasks(
        "l1", Self.task("t1", "TODO", Self.text("ask "), Self.mention),
        Self.task("t2", "DONE", Self.text("pay", Self.red)),
        inner, Self.task("t4", "TODO", Self.text("write "), Self.status, Self.text(" to nobody")),
        RichTextDocument(blocks: [.taskList([rest])]).adf["content"]?[0]?["content"]?[0] ?? .null))
    #expect(diff(patched, expected) == nil)
  }

  @Test("A new task has an id that no other has, also where a changed one keeps that of its former text")
  func taskIDs() {
    let first = RichTextConversion.adf(fromMarkdown: "- [ ] a\n- [ ] b")
    let changed = RichTextPatch.adf(
      current: first, new: RichTextConversion.adf(fromMarkdown: "- [ ] c\n- [ ] b"), format: .markdown)
    let patched = RichTextPatch.adf(
      current: changed, new: RichTextConversion.adf(fromMarkdown: "- [ ] a\n- [ ] c\n- [ ] b"), format: .markdown)
    let ids = (patched["content"]?[0]?["content"]?.array ?? []).compactMap { $0["attrs"]?["localId"]?.string }
    #expect(ids.count == 3 && Set(ids).count == 3)
    #expect(RichTextConversion.markdown(fromADF: patched) == "- [ ] a\n- [ ] c\n- [ ] b")
  }

  @Test("What is written says the new text, whatever was there", arguments: RichTextFormat.allCases, [2, 3, 4, 17])
  func saysTheNewText(format: RichTextFormat, seed: UInt64) {
    var random = SplitMix(state: seed &* 104_729 &+ 3)
    let text = format.text(fromADF: Self.rich)
    // Words are taken away, doubled and changed at random, markup and all.
    var words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    for _ in 0..<4 {
      let index = Int.random(in: 0..<words.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: words[index] = "other"
      case 1: words.insert(words[index], at: index)
      default: if words.count > 1 { words.remove(at: index) }
      }
    }
    let new = format.adf(words.joined(separator: " "))
    let patched = RichTextPatch.adf(current: Self.rich, new: new, format: format)
    let seen = { (adf: JSONValue) in
      RichTextConversion.markdown(fromADF: format.adf(format.text(fromADF: adf)))
    }
    #expect(diff(seen(patched), seen(new)) == nil)
    #expect(ADFRules.problems(in: patched) == [])
    // Once more, as after an answer that was lost.
    #expect(diff(seen(RichTextPatch.adf(current: patched, new: new, format: format)), seen(new)) == nil)
  }
}
