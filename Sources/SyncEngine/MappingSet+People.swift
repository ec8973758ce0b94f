import MappingLanguage
import SyncCore
import SyncModel

extension MappingSet {
  /// Who is who in a connection: what the store knows, with the table of people, and with what was looked up where the
  /// connection wants that.
  func people(of connection: ConnectionName, beside known: People) -> People {
    known.completed(with: people(of: connection), looksUp: connections[connection]?.looksUpPeople ?? false)
  }
}
