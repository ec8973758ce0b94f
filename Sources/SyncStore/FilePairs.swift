import GRDB
import SyncCore
import SyncModel

/// What is remembered of files that are in both systems. A file that came from one side never goes back to it.
extension Store {
  /// - Returns: whether the CRM's file is to be taken to Jira: it is no copy, and not on its way.
  static func remember(_ file: AttachmentAddition, link: Int64, _ database: Database) throws -> Bool {
    let isCopy = try Bool.fetchOne(
      database.cachedStatement(sql: "SELECT 1 FROM case_attachment WHERE link = ? AND crm_attachment = ?"),
      arguments: [link, file.crmAttachment.rawValue])
    guard isCopy != true else { return false }
    return try change(
      database,
      """
      INSERT INTO attachment_pair (link, crm_attachment) VALUES (?, ?)
      ON CONFLICT (link, crm_attachment) DO NOTHING
      """, [link, file.crmAttachment.rawValue])
  }

  /// - Returns: whether Jira's file is to be taken to the CRM.
  static func remember(_ file: CaseAttachmentAddition, link: Int64, _ database: Database) throws -> Bool {
    try leaveOut(file.jiraAttachment, link: link, database)
  }

  /// Notes that a file of Jira's has been decided about.
  ///
  /// - Returns: whether it had not been before.
  @discardableResult
  static func leaveOut(_ file: AttachmentID, link: Int64, _ database: Database) throws -> Bool {
    try change(
      database,
      """
      INSERT INTO case_attachment (link, jira_attachment) VALUES (?, ?)
      ON CONFLICT (link, jira_attachment) DO NOTHING
      """,
      [link, file.rawValue])
  }

  static func takeFile(_ receipt: Receipt, of operation: ClaimedOperation, _ database: Database) throws {
    switch (receipt, operation.call) {
    case (.attached(let id), .addAttachment(let file)):
      try database.executeCached(
        sql: "UPDATE attachment_pair SET jira_attachment = ? WHERE link = ? AND crm_attachment = ?",
        arguments: [id.rawValue, operation.link.id, file.crmAttachment.rawValue])
    case (.caseAttached(let id), .addCaseAttachment(let file)):
      try database.executeCached(
        sql: "UPDATE case_attachment SET crm_attachment = ? WHERE link = ? AND jira_attachment = ?",
        arguments: [id.rawValue, operation.link.id, file.jiraAttachment.rawValue])
    default: break
    }
  }

  /// The files on the side that a call writes to which are known to be others' copies, or originals: a look for a lost
  /// answer does not take one of them.
  static func knownAttachments(of call: RemoteCall, link: Int64, _ database: Database) throws -> Set<AttachmentID> {
    switch call.kind {
    case .addAttachment: try jiraFiles(link: link, database)
    case .addCaseAttachment: try ids(crmFiles, link: link, database)
    default: []
    }
  }

  /// Jira's files that were decided about, or are copies.
  static func jiraFiles(link: Int64, _ database: Database) throws -> Set<AttachmentID> {
    try ids(jiraFiles, link: link, database)
  }

  private static let jiraFiles = """
    SELECT jira_attachment FROM attachment_pair WHERE link = :link AND jira_attachment IS NOT NULL
    UNION SELECT jira_attachment FROM case_attachment WHERE link = :link
    """

  private static let crmFiles = """
    SELECT crm_attachment FROM case_attachment WHERE link = :link AND crm_attachment IS NOT NULL
    UNION SELECT crm_attachment FROM attachment_pair WHERE link = :link
    """

  private static func ids(_ sql: String, link: Int64, _ database: Database) throws -> Set<AttachmentID> {
    Set(
      try String.fetchAll(database.cachedStatement(sql: sql), arguments: ["link": link]).map { AttachmentID($0) })
  }

  /// Whether a file of the CRM's may be in Jira already without anybody knowing as what.
  static func hasLostFile(link: Int64, _ database: Database) throws -> Bool {
    try Bool.fetchOne(
      database.cachedStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM operation WHERE link = ? AND kind = 'add-attachment' AND must_look)"),
      arguments: [link]) ?? false
  }
}
