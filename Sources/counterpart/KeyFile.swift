import CFileStamp
import SyncModel
import Synchronization
import TokenVault

/// The file of the encryption keys: a server that runs takes up what is changed in it.
final class KeyFile: Sendable {
  private struct Stamp: Hashable {
    var inode: UInt64
    var bytes: Int64
    var modified: Int64
    var changed: Int64
  }

  let path: String
  private let seen = Mutex<Stamp?>(nil)

  init(path: String) { self.path = path }

  /// A vault with these keys, which follows the file that they come from, where they come from one.
  static func vault(_ keys: KeyRing, file: String?) -> Vault {
    guard let file else { return Vault(keys: keys) }
    let keyFile = KeyFile(path: file)
    return Vault(keys: keys, newer: { keyFile.newer() })
  }

  /// The keys, where the file has changed since the last look, or was not looked at before. What cannot be read, such as
  /// a file that is being edited, is looked at again once it changes: until then the keys stay those that were known.
  func newer() -> KeyRing? {
    seen.withLock { seen in
      var now = file_stamp()
      guard file_stamp_read(path, &now) == 0 else { return nil }
      let stamp = Stamp(inode: now.inode, bytes: now.bytes, modified: now.modified, changed: now.changed)
      guard stamp != seen else { return nil }
      seen = stamp
      return SecretFile.read(path).flatMap { try? KeyRing(text: $0.reveal()) }
    }
  }
}
