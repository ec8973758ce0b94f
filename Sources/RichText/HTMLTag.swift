/// The elements of HTML that mean something here; every other one is what stands in it.
enum HTMLTag: String, CaseIterable {
  case a, b, strong, i, em, cite, dfn, u, ins, s, strike, del, code, kbd, samp, tt, sub, sup, span, font, mark, q
  case `var` = "var"
  case p, div, section, article, header, footer, main, aside, nav, address, center, figure, figcaption, form, fieldset
  case dl, dt, dd, summary, caption, body, html, label
  case h1, h2, h3, h4, h5, h6
  case ul, ol, menu, dir, li, blockquote, details, pre, table, thead, tbody, tfoot, tr, td, th
  case br, hr, img, input
  case script, style, title, template, noscript, iframe, object, applet, svg, math, audio, video, canvas, select
  case textarea, xml

  /// What an element does to what stands in it.
  enum Role {
    /// Changes how text looks.
    case looks
    /// A paragraph or a part of the page: what is in it stands on lines of its own.
    case block
    case heading(Int)
    case list(isOrdered: Bool)
    case item, quote, details, code, table, section, row
    case cell(isHeader: Bool)
    case lineBreak, rule, image, input
    /// Run, loaded or filled in by a browser: it is dropped with everything in it.
    case dropped
  }

  var role: Role {
    switch self {
    case .a, .b, .strong, .i, .em, .cite, .dfn, .u, .ins, .s, .strike, .del, .code, .kbd, .samp, .tt, .sub, .sup,
      .span, .font, .mark, .q, .var, .label:
      .looks
    case .p, .div, .section, .article, .header, .footer, .main, .aside, .nav, .address, .center, .figure, .figcaption,
      .form, .fieldset, .dl, .dt, .dd, .summary, .caption, .body, .html:
      .block
    case .h1: .heading(1)
    case .h2: .heading(2)
    case .h3: .heading(3)
    case .h4: .heading(4)
    case .h5: .heading(5)
    case .h6: .heading(6)
    case .ul, .menu, .dir: .list(isOrdered: false)
    case .ol: .list(isOrdered: true)
    case .li: .item
    case .blockquote: .quote
    case .details: .details
    case .pre: .code
    case .table: .table
    case .thead, .tbody, .tfoot: .section
    case .tr: .row
    case .td: .cell(isHeader: false)
    case .th: .cell(isHeader: true)
    case .br: .lineBreak
    case .hr: .rule
    case .img: .image
    case .input: .input
    case .script, .style, .title, .template, .noscript, .iframe, .object, .applet, .svg, .math, .audio, .video,
      .canvas, .select, .textarea, .xml:
      .dropped
    }
  }

  /// The marks that it gives to text by itself.
  var style: RichTextMarks.Style {
    switch self {
    case .b, .strong: .strong
    case .i, .em, .cite, .dfn, .var: .em
    case .u, .ins: .underline
    case .s, .strike, .del: .strike
    case .code, .kbd, .samp, .tt: .code
    case .sub: .sub
    case .sup: .sup
    default: []
    }
  }

  /// A name in any case, as ASCII bytes.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first else { return nil }
    let letter = Int(first | 0x20) - 0x61
    guard Self.byLetter.indices.contains(letter) else { return nil }
    let key = Self.key(bytes)
    for entry in Self.byLetter[letter] where entry.key == key {
      self = entry.tag
      return
    }
    return nil
  }

  private struct Key: Equatable {
    var start: UInt64
    var rest: UInt32
  }

  /// No name in the table is longer than 12 bytes; a longer one differs in its count.
  private static func key(_ bytes: ArraySlice<UInt8>) -> Key {
    guard bytes.count <= 11 else { return Key(start: 0, rest: 0) }
    var key = Key(start: 0, rest: UInt32(bytes.count))
    for (index, byte) in bytes.enumerated() {
      let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      if index < 8 { key.start = key.start << 8 | UInt64(lower) } else { key.rest = key.rest << 8 | UInt32(lower) }
    }
    return key
  }

  /// By their first letters, which no more than thirteen share: to look at these costs less than hashing does.
  private static let byLetter: [[(key: Key, tag: HTMLTag)]] = (0x61...0x7A).map { letter in
    allCases.filter { $0.rawValue.utf8.first == letter }.map { (key(ArraySlice($0.rawValue.utf8)), $0) }
  }
}
