import Foundation

/// Says something at once, also into a pipe or a file, where `print` would wait until much has gathered.
enum Terminal {
  static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
