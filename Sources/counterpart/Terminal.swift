import Foundation

/// Says something at once, also into a pipe or a file, where `print` would wait until much has gathered.
enum Terminal {
  static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

  /// Says how far something got, where it is in nobody's way who reads the output.
  static func hint(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
