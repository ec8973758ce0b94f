import JSON
import RichText
import Testing

@Suite("Wiki markup of a Data Center")
struct ServerWikiTests {
  @Test(
    "People are mentioned by their user names, and nobody else is",
    arguments: [
      ("Ask [~rohit] today", ["rohit"]), ("[~mark.smith@example.com], please", ["mark.smith@example.com"]),
      ("[Mark|~mark]", ["mark"]), (#"\[~rohit] and ~rohit"#, []), ("[~]", []), ("[~two words]", []), ("[~open", []),
      (#"\\[~rohit]"#, ["rohit"]), ("{code}\n[~rohit]\n{code}", []),
    ])
  func mentions(_ text: String, _ names: [String]) {
    let document = RichTextDocument(serverWiki: text)
    #expect(Self.mentions(in: document.adf) == names)
    // Written again it mentions the same people, by their names alone.
    let again = document.serverWiki
    #expect(!again.contains("accountid"))
    #expect(Self.mentions(in: RichTextDocument(serverWiki: again).adf) == names)
  }

  @Test(
    "What looks like a mention in code, or is escaped, stays as it was written",
    arguments: [
      "{code}\n[~rohit]\n{code}", "{{[~rohit]}}", #"\[~rohit]"#, "{noformat}\n[a|~rohit]\n{noformat}", "a|~b]",
    ])
  func noMention(_ text: String) {
    let document = RichTextDocument(serverWiki: text)
    #expect(!document.plain.contains("accountid"))
    #expect(!document.serverWiki.contains("accountid"))
    #expect(RichTextDocument(serverWiki: document.serverWiki).plain == document.plain)
  }

  @Test("Code without an end takes no more time than its length", arguments: ["{code", "{{", "[~", "{noformat:"])
  func bounded(_ text: String) {
    let long = String(repeating: text, count: 4000) + "~"
    let start = ContinuousClock.now
    _ = RichTextDocument(serverWiki: long).serverWiki
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(
    "A text that has no mention is read and written as Cloud's wiki markup is", arguments: ["a ~b~ c", "h1. A\n* b"])
  func others(_ text: String) {
    #expect(RichTextDocument(serverWiki: text) == RichTextDocument(wiki: text))
    #expect(RichTextDocument(wiki: text).serverWiki == RichTextDocument(wiki: text).wiki)
  }

  @Test("What did not change stays as it was written, macros that only Jira knows included")
  func patched() {
    let current = "{chart:type=pie}\n\nAsk [~rohit] about it.\n\nThe *end* is near."
    let changed = RichTextDocument(serverWiki: current.split(separator: "near").joined(separator: "far"))
    let patched = RichTextPatch.serverWiki(current: current, new: changed)
    #expect(patched == "{chart:type=pie}\n\nAsk [~rohit] about it.\n\nThe *end* is far.")
  }

  @Test("What is sent is compared as it is read back", arguments: JiraText.Form.allCases)
  func forms(_ form: JiraText.Form) {
    let html = "<h2>A</h2><p>b <b>c</b></p><table><tr><td><ul><li>in a cell</li></ul></td></tr></table>"
    let text = JiraText(RichTextDocument(html: html), form: form)
    #expect(form.document(text.value).markdown == text.markdown)
    #expect((text.value.string != nil) == (form == .wiki))
  }

  private static func mentions(in value: JSONValue) -> [String] {
    switch value {
    case .array(let items): items.flatMap(mentions)
    case .object(let members):
      value["type"]?.string == "mention"
        ? [value["attrs"]?["id"]?.string ?? ""] : members.flatMap { mentions(in: $0.value) }
    case .null, .bool, .number, .string: []
    }
  }
}
