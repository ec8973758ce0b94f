/// A colour of text or of what is behind it.
package struct RichTextColour: Hashable, Sendable {
  /// `0xRRGGBB`.
  package var rgb: UInt32

  package init(rgb: UInt32) { self.rgb = rgb & 0xFF_FFFF }

  /// `#rrggbb`.
  package var text: String {
    let digits = String(rgb, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.utf8.count) + digits
  }

  /// Reads what CSS and editors write: `#rgb`, `#rrggbb`, `rgb(1, 2, 3)` and the names that people use; in lower case.
  package init?(css text: some StringProtocol) {
    if text.utf8.first == UInt8(ascii: "#") {
      let digits = text.dropFirst()
      guard let value = UInt32(digits, radix: 16) else { return nil }
      switch digits.utf8.count {
      case 3: self.init(rgb: (value >> 8 & 0xF) * 0x11_0000 | (value >> 4 & 0xF) * 0x1100 | (value & 0xF) * 0x11)
      case 6: self.init(rgb: value)
      case 8: self.init(rgb: value >> 8)
      default: return nil
      }
    } else if text.hasPrefix("rgb"), let open = text.firstIndex(of: "(") {
      let parts = text[open...].dropFirst().prefix { $0 != ")" }.split { $0 == "," || $0 == "/" || $0.isWhitespace }
      let numbers = parts.prefix(3).compactMap { UInt32($0.prefix { $0 != "." }) }
      guard numbers.count == 3, numbers.allSatisfy({ $0 < 256 }), parts.count < 4 || parts[3] != "0" else { return nil }
      self.init(rgb: numbers[0] << 16 | numbers[1] << 8 | numbers[2])
    } else if let value = Self.names[String(text)] {
      self.init(rgb: value)
    } else {
      return nil
    }
  }

  /// CSS Color Module Level 4, 6.1, those in use.
  private static let names: [String: UInt32] = [
    "black": 0, "white": 0xFF_FFFF, "red": 0xFF_0000, "green": 0x00_8000, "blue": 0x00_00FF, "yellow": 0xFF_FF00,
    "orange": 0xFF_A500, "purple": 0x80_0080, "gray": 0x80_8080, "grey": 0x80_8080, "silver": 0xC0_C0C0,
    "maroon": 0x80_0000, "navy": 0x00_0080, "teal": 0x00_8080, "olive": 0x80_8000, "lime": 0x00_FF00,
    "aqua": 0x00_FFFF, "cyan": 0x00_FFFF, "fuchsia": 0xFF_00FF, "magenta": 0xFF_00FF, "brown": 0xA5_2A2A,
    "pink": 0xFF_C0CB, "darkred": 0x8B_0000, "darkgreen": 0x00_6400, "darkblue": 0x00_008B, "darkorange": 0xFF_8C00,
    "crimson": 0xDC_143C, "tomato": 0xFF_6347, "gold": 0xFF_D700, "lightgrey": 0xD3_D3D3, "lightgray": 0xD3_D3D3,
    "lightyellow": 0xFF_FFE0, "lightgreen": 0x90_EE90, "lightblue": 0xAD_D8E6, "violet": 0xEE_82EE,
  ]

  /// So dark or so light that it is what text and paper have by themselves: editors write `#222222` and `white`
  /// without anybody having chosen a colour.
  package var isPlain: Bool {
    let parts = [rgb >> 16, rgb >> 8 & 0xFF, rgb & 0xFF]
    return parts.allSatisfy { $0 <= 0x50 } || parts.allSatisfy { $0 >= 0xE8 }
  }
}
