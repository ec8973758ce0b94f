package import SyncModel

/// A file of the CRM's that is taken to Jira. Its content is no part of this: it is streamed when it is sent.
package struct AttachmentAddition: Hashable, Sendable {
  package var crmAttachment: AttachmentID
  /// Fit for Jira: one line, no path.
  package var name: String
  package var type: String
  /// In bytes, as the CRM says; nil: it does not.
  package var size: Int64?
  /// Where the CRM says that it is; nil: it is asked for by its id.
  package var address: String?
  /// More than this is not sent, whatever the CRM says of the size.
  package var limitBytes: Int64
  /// The mapping's place for it.
  package var place: String

  package init(
    crmAttachment: AttachmentID, name: String, type: String, size: Int64?, address: String?, limitBytes: Int64,
    place: String
  ) {
    self.crmAttachment = crmAttachment
    self.name = name
    self.type = type
    self.size = size
    self.address = address
    self.limitBytes = limitBytes
    self.place = place
  }

  /// A name as a file system and a header can bear it: its last part, without control characters, not too long.
  package static func safeName(_ name: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
      switch scalar {
      case "/", "\\": scalars.removeAll()
      default: if scalar.value >= 0x20 && scalar.value != 0x7F { scalars.append(scalar) }
      }
    }
    let kept = String(String.UnicodeScalarView(scalars.prefix(200)))
    return kept.isEmpty || kept == "." || kept == ".." ? "attachment" : kept
  }
}

/// An attachment of an issue, as Jira lists it.
package struct JiraAttachment: Hashable, Sendable {
  package var id: AttachmentID
  package var name: String
  package var size: Int64
  package var author: AccountID?
  package var authorName = ""
  /// Media type, as Jira says.
  package var type = ""

  package init(id: AttachmentID, name: String, size: Int64, author: AccountID?) {
    self.id = id
    self.name = name
    self.size = size
    self.author = author
  }
}

/// A file of an issue's that is taken to the case. Its content is streamed when it is sent.
package struct CaseAttachmentAddition: Hashable, Sendable {
  package var jiraAttachment: AttachmentID
  package var name: String
  package var type: String
  /// In bytes, as Jira says.
  package var size: Int64
  /// Whether the CRM's customers may see it.
  package var isPublic: Bool
  package var limitBytes: Int64
  /// The mapping's place for it.
  package var place: String

  package init(
    jiraAttachment: AttachmentID, name: String, type: String, size: Int64, isPublic: Bool, limitBytes: Int64,
    place: String
  ) {
    self.jiraAttachment = jiraAttachment
    self.name = name
    self.type = type
    self.size = size
    self.isPublic = isPublic
    self.limitBytes = limitBytes
    self.place = place
  }
}

/// A link on the issue to the case. Under one ``globalID`` Jira keeps one link, so that making it again changes nothing.
package struct RemoteLinkAddition: Hashable, Sendable {
  /// At most 255 characters.
  package var globalID: String
  package var url: String
  package var title: String
  /// Under which name Jira groups such links.
  package var application: String

  package init(globalID: String, url: String, title: String, application: String) {
    self.globalID = globalID
    self.url = url
    self.title = title
    self.application = application
  }
}
