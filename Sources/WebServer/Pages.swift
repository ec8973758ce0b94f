import Mustache

/// The templates, all parsed when the process starts: a broken one stops it there and not at somebody's click.
struct Pages: Sendable {
  /// A page that a person can see; the parts `head`, `foot` and `operations` are put into others.
  enum Name: String, CaseIterable, Sendable {
    case head, foot, operations, message, connected, me, overview, events, event, work, people, mappings, site
    case connectConfirm = "connect-confirm"
    case connectToken = "connect-token"
    case signIn = "sign-in"
    case caseStory = "case"
    case mappingVersion = "mapping-version"

    /// The template as it is written.
    var text: String { String(decoding: source, as: UTF8.self) }

    private var source: [UInt8] {
      switch self {
      case .head: PackageResources.head_mustache
      case .foot: PackageResources.foot_mustache
      case .operations: PackageResources.operations_mustache
      case .message: PackageResources.message_mustache
      case .connected: PackageResources.connected_mustache
      case .me: PackageResources.me_mustache
      case .overview: PackageResources.overview_mustache
      case .events: PackageResources.events_mustache
      case .event: PackageResources.event_mustache
      case .work: PackageResources.work_mustache
      case .people: PackageResources.people_mustache
      case .mappings: PackageResources.mappings_mustache
      case .site: PackageResources.site_mustache
      case .connectConfirm: PackageResources.connect_confirm_mustache
      case .connectToken: PackageResources.connect_token_mustache
      case .signIn: PackageResources.sign_in_mustache
      case .caseStory: PackageResources.case_mustache
      case .mappingVersion: PackageResources.mapping_version_mustache
      }
    }
  }

  private let library: MustacheLibrary

  /// - Throws: the template engine's error, which names the place.
  init() throws {
    _ = HTMLText.registration
    var library = MustacheLibrary()
    for name in Name.allCases {
      try library.register("{{% CONTENT_TYPE: \(HTMLText.name) }}" + name.text, named: name.rawValue)
    }
    self.library = library
  }

  /// The page as HTML.
  ///
  /// - Parameter model: a small struct made for this page: rendering reflects on it, so no record may come here.
  func render(_ name: Name, _ model: some Sendable) -> String {
    library.render(model, withTemplate: name.rawValue) ?? ""
  }
}
