package import RichText
package import SyncModel

/// Everything in the mappings folder, compiled whole: what is live is always one of these, never a part of one.
package struct MappingSet: Sendable {
  package var sites: [String: JiraSite]
  package var profiles: [String: CRMProfile]
  package var connections: [ConnectionName: Connection]
  /// In the order of their names.
  package var mappings: [Mapping]
  /// Who is who, as admins say, by connection.
  package var people: [ConnectionName: PeopleSource] = [:]

  package init(
    sites: [String: JiraSite], profiles: [String: CRMProfile], connections: [ConnectionName: Connection],
    mappings: [Mapping]
  ) {
    self.sites = sites
    self.profiles = profiles
    self.connections = connections
    self.mappings = mappings
  }

  package func mappings(of connection: ConnectionName) -> [Mapping] { mappings.filter { $0.connection == connection } }
  package func mapping(_ name: MappingName) -> Mapping? { mappings.first { $0.name == name } }

  /// How the texts of a connection's CRM mention people; nil: they do not.
  package func mentions(of connection: ConnectionName) -> MentionForm? {
    profile(of: connection)?.text.mention
  }

  /// Who is who in a connection, as its table says.
  package func people(of connection: ConnectionName) -> PeopleSource { people[connection] ?? PeopleSource() }

  /// The site of a connection; a checked set has one for every connection.
  package func site(of connection: ConnectionName) -> JiraSite? {
    connections[connection].flatMap { sites[$0.site] }
  }

  package func profile(of connection: ConnectionName) -> CRMProfile? {
    connections[connection].flatMap { profiles[$0.profile] }
  }
}
