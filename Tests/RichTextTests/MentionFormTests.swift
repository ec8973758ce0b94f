import Testing

@testable import RichText

@Suite("How a CRM mentions people")
struct MentionFormTests {
  private static let people = ["17": (id: "acc-17", name: "Dana"), "rohit.r": (id: "acc-r", name: "Rohit")]
  private static let bracketed = MentionForm(before: "@[", after: "]")
  private static let short = MentionForm(before: "@", after: "")

  private func read(_ text: String, _ form: MentionForm) -> [RichTextInline]? {
    guard
      case .paragraph(let inlines)? = form.read(RichTextDocument(plain: text), account: { Self.people[$0] }).blocks
        .first
    else { return nil }
    return inlines
  }

  private static let dana = RichTextInline.mention(id: "acc-17", text: "@Dana")
  private static let rohit = RichTextInline.mention(id: "acc-r", text: "@Rohit")

  @Test("A mention of somebody who is known is found, wherever it stands")
  func found() {
    #expect(read("Ask @[17] first", Self.bracketed) == [.text("Ask ", .none), Self.dana, .text(" first", .none)])
    #expect(read("@[17]@[17]", Self.bracketed) == [Self.dana, Self.dana])
    #expect(read("(@rohit.r)", Self.short) == [.text("(", .none), Self.rohit, .text(")", .none)])
    #expect(read("Thanks @rohit.r.", Self.short) == [.text("Thanks ", .none), Self.rohit, .text(".", .none)])
  }

  @Test(
    "What is no mention of somebody known stays text",
    arguments: ["Ask @[18]", "@[17", "@[]", "@[ 17]", "a@[17]", "[17]", "@17", "@["])
  func text(_ text: String) { #expect(read(text, Self.bracketed) == [.text(text, .none)]) }

  @Test("An e-mail address mentions nobody")
  func email() { #expect(read("mail rohit@17 now", Self.short) == [.text("mail rohit@17 now", .none)]) }

  @Test("Code mentions nobody")
  func code() {
    let document = RichTextDocument(markdown: "Run `@[17]`\n\n```\n@[17]\n```")
    #expect(Self.bracketed.read(document, account: { Self.people[$0] }) == document)
  }

  @Test("Mentions are found in lists, tables, quotes and headings, and written back as they were")
  func everywhere() {
    let html =
      "<h2>@[17]</h2><ul><li>a @[17]</li></ul><blockquote><p>@[17]</p></blockquote>"
      + "<table><tbody><tr><td><p>@[17]</p></td></tr></tbody></table>"
    let document = RichTextDocument(html: html)
    let read = Self.bracketed.read(document, account: { Self.people[$0] })
    #expect(read.plain.split(separator: "@Dana", omittingEmptySubsequences: false).count == 5)
    let written = Self.bracketed.write(read, user: { $0 == "acc-17" ? "17" : nil })
    #expect(RichTextFormat.html.text(written) == RichTextFormat.html.text(document))
  }

  @Test(
    "In every markup the CRM's form stands as the CRM writes it, and is read again", arguments: RichTextFormat.allCases)
  func markups(_ format: RichTextFormat) {
    for (form, user) in [(Self.bracketed, "17"), (Self.short, "rohit.r")] where form.fits(format) {
      let account = Self.people[user]?.id ?? ""
      let document = RichTextDocument(
        blocks: [.paragraph([.text("Ask ", .none), .mention(id: account, text: "@X"), .text(" now", .none)])])
      let text = format.text(form.write(document, user: { $0 == account ? user : nil }))
      #expect(text.contains(form.text(of: user)), "\(text)")
      let read = form.read(format.document(text), account: { Self.people[$0] })
      #expect(read.mentions.keys.sorted() == [account], "\(text)")
    }
  }

  @Test("A form of which a markup would escape something does not fit it")
  func fits() {
    #expect(RichTextFormat.allCases.filter(Self.short.fits) == RichTextFormat.allCases)
    #expect(RichTextFormat.allCases.filter(Self.bracketed.fits) == [.plain, .html])
    #expect(!MentionForm(before: "<", after: ">").fits(.html))
    #expect(!MentionForm(before: "**", after: "**").fits(.markdown))
  }

  @Test("Mentions of people whom the CRM does not know keep their names")
  func unknown() {
    let document = RichTextDocument(blocks: [.paragraph([Self.dana, Self.rohit])])
    let written = Self.bracketed.write(document, user: { $0 == "acc-17" ? "17" : nil })
    #expect(written.plain == "@[17]@Rohit")
  }
}
