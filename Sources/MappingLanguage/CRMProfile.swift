package import RichText
package import SyncModel
package import XML

/// One `<profile>` document: what Counterpart must know of a CRM, said declaratively.
package struct CRMProfile: Sendable {
  package var name: String
  package var delivery: DeliveryRules
  package var text: TextRules
  /// Nil: nothing can be read from the CRM or written back to it.
  package var api: APIRules?
  package var file: String

  package init(name: String, delivery: DeliveryRules, text: TextRules, api: APIRules?, file: String) {
    self.name = name
    self.delivery = delivery
    self.text = text
    self.api = api
    self.file = file
  }
}

/// How a delivery is proved genuine, read and answered.
package struct DeliveryRules: Sendable {
  package enum BodyFormat: String, Hashable, Sendable, CaseIterable { case json, xml, form }

  package var format: BodyFormat
  /// Tried in order; one that fits is enough.
  package var verification: [VerificationRule]
  /// The header with the delivery's id; nil: the id is a digest of the body and holds for ``digestDeduplication``.
  package var idHeader: String?
  /// How long two equal bodies without an id count as one delivery.
  package var digestDeduplication: Duration
  package var event: EventRules
  /// The answer to an accepted delivery.
  package var accepted: AnswerRule

  package init(
    format: BodyFormat, verification: [VerificationRule], idHeader: String?,
    digestDeduplication: Duration = .seconds(7200), event: EventRules, accepted: AnswerRule = AnswerRule()
  ) {
    self.format = format
    self.verification = verification
    self.idHeader = idHeader
    self.digestDeduplication = digestDeduplication
    self.event = event
    self.accepted = accepted
  }
}

package struct AnswerRule: Hashable, Sendable {
  package var status: Int
  package var contentType: String?
  package var body: String?

  package init(status: Int = 202, contentType: String? = nil, body: String? = nil) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }
}

/// One way to prove a delivery. `secret` names a purpose of the connection's `<secret>` elements.
package enum VerificationRule: Hashable, Sendable {
  /// Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,…`, key `whsec_` + base64.
  case standardWebhooks(secret: String, tolerance: Duration)
  case hmac(HMACRule)
  /// A header that simply holds the secret.
  case sharedSecret(header: String, prefix: String, secret: String)
  /// The CRM cannot prove anything; the admin accepts it in writing (`accept-risk="yes"`).
  case none

  package struct HMACRule: Hashable, Sendable {
    package enum Encoding: String, Hashable, Sendable, CaseIterable { case hex, base64 }
    package enum Algorithm: String, Hashable, Sendable, CaseIterable { case sha1, sha256, sha512 }
    package enum TimestampUnit: String, Hashable, Sendable, CaseIterable { case seconds, milliseconds, iso8601 }
    package struct TimestampRule: Hashable, Sendable {
      package var header: String
      package var unit: TimestampUnit
      package var tolerance: Duration

      package init(header: String, unit: TimestampUnit, tolerance: Duration) {
        self.header = header
        self.unit = unit
        self.tolerance = tolerance
      }
    }

    package var header: String
    package var algorithm: Algorithm
    package var encoding: Encoding
    /// Stands before the MAC in the header, such as `sha256=`.
    package var prefix: String
    package var secret: String
    /// With a timestamp the MAC covers timestamp, ``separator`` and body; without one, the body alone.
    package var timestamp: TimestampRule?
    package var separator: String

    package init(
      header: String, algorithm: Algorithm = .sha256, encoding: Encoding = .hex, prefix: String = "",
      secret: String = "webhook", timestamp: TimestampRule? = nil, separator: String = "."
    ) {
      self.header = header
      self.algorithm = algorithm
      self.encoding = encoding
      self.prefix = prefix
      self.secret = secret
      self.timestamp = timestamp
      self.separator = separator
    }
  }
}

/// Where a body's events are and what they say. Every expression but `select` is relative to the event's node.
package struct EventRules: Sendable {
  package struct KindRule: Sendable {
    package var kind: CaseEvent.Kind
    /// Nil: always.
    package var condition: XPathExpression?

    package init(kind: CaseEvent.Kind, condition: XPathExpression?) {
      self.kind = kind
      self.condition = condition
    }
  }

  package struct CommentRules: Sendable {
    /// The node of the comment; no node: no comment. The rest is relative to it.
    package var select: XPathExpression
    package var id: XPathExpression
    package var body: XPathExpression
    package var isPublic: XPathExpression
    package var authorName: XPathExpression?

    package init(
      select: XPathExpression, id: XPathExpression, body: XPathExpression, isPublic: XPathExpression,
      authorName: XPathExpression?
    ) {
      self.select = select
      self.id = id
      self.body = body
      self.isPublic = isPublic
      self.authorName = authorName
    }
  }

  package struct AttachmentRules: Sendable {
    /// The nodes of the files. The rest is relative to one of them.
    package var select: XPathExpression
    package var id: XPathExpression
    package var name: XPathExpression
    package var type: XPathExpression?
    package var size: XPathExpression?
    /// A path, or an address on the CRM's own host; nil: `get-attachment` asks by the id.
    package var address: XPathExpression?
    /// Nil: all are public.
    package var isPublic: XPathExpression?

    package init(
      select: XPathExpression, id: XPathExpression, name: XPathExpression, type: XPathExpression?,
      size: XPathExpression?, address: XPathExpression?, isPublic: XPathExpression?
    ) {
      self.select = select
      self.id = id
      self.name = name
      self.type = type
      self.size = size
      self.address = address
      self.isPublic = isPublic
    }
  }

  /// From the document's root element.
  package var select: XPathExpression
  /// First match wins; none: the event is refused.
  package var kinds: [KindRule]
  /// The node that mappings see as the case.
  package var caseNode: XPathExpression
  /// Relative to the case's node.
  package var caseID: XPathExpression
  package var actorID: XPathExpression?
  package var actorName: XPathExpression?
  package var actorEmail: XPathExpression?
  package var occurredAt: XPathExpression?
  package var comment: CommentRules?
  package var attachments: AttachmentRules?

  package init(
    select: XPathExpression, kinds: [KindRule], caseNode: XPathExpression, caseID: XPathExpression,
    actorID: XPathExpression?, actorName: XPathExpression?, actorEmail: XPathExpression?, occurredAt: XPathExpression?,
    comment: CommentRules?, attachments: AttachmentRules? = nil
  ) {
    self.attachments = attachments
    self.select = select
    self.kinds = kinds
    self.caseNode = caseNode
    self.caseID = caseID
    self.actorID = actorID
    self.actorName = actorName
    self.actorEmail = actorEmail
    self.occurredAt = occurredAt
    self.comment = comment
  }
}

/// The CRM's markup, and what must be escaped on the way to it.
package struct TextRules: Hashable, Sendable {
  package struct Escape: Hashable, Sendable {
    package var from: String
    package var to: String

    package init(from: String, to: String) {
      self.from = from
      self.to = to
    }
  }

  /// Of comment bodies, both ways.
  package var markup: RichTextFormat
  /// Applied together, in one pass, to text that is sent.
  package var escapes: [Escape]
  /// How the CRM mentions people; nil: it does not, or not so that it can be told.
  package var mention: MentionForm?

  package init(markup: RichTextFormat, escapes: [Escape]) {
    self.markup = markup
    self.escapes = escapes
  }
}

/// The CRM's own API: requests as templates.
///
/// Variables: `$base`, `$case`, the connection's secrets by purpose (`$api`), and those that a request names below.
package struct APIRules: Sendable {
  /// Sent with every request.
  package var headers: [HeaderRule]
  package var requests: [RequestName: RequestRule]

  package init(headers: [HeaderRule], requests: [RequestName: RequestRule]) {
    self.headers = headers
    self.requests = requests
  }

  package enum RequestName: String, Hashable, Sendable, CaseIterable {
    /// Answers the case; ``RequestRule/caseNode`` finds it.
    case getCase = "get-case"
    /// Writes the fields that `<fields/>` in the body stands for.
    case setFields = "set-fields"
    /// Writes `$status`; where it is missing, `set-fields` writes the status like any other field.
    case setStatus = "set-status"
    /// Adds a comment: `$text`, `$public` (`true` or `false`).
    case addComment = "add-comment"
    /// Answers the case's comments; ``RequestRule/comments`` finds them.
    case listComments = "list-comments"
    /// Changes the comment `$comment`: `$text`, `$public`.
    case editComment = "edit-comment"
    /// Deletes the comment `$comment`.
    case deleteComment = "delete-comment"
    /// Answers the content of the file `$attachment`.
    case getAttachment = "get-attachment"
    /// Puts a file on the case; ``RequestRule/form`` says how: `$name`, `$type`, `$public`.
    case addAttachment = "add-attachment"
    /// Answers the case's files; ``RequestRule/attachments`` finds them.
    case listAttachments = "list-attachments"
    /// Answers the user `$user`; ``RequestRule/users`` finds them.
    case getUser = "get-user"
    /// Answers the users with the e-mail address `$email`; ``RequestRule/users`` finds them.
    case findUsers = "find-users"
  }
}

package struct HeaderRule: Sendable {
  package var name: String
  package var value: Template

  package init(name: String, value: Template) {
    self.name = name
    self.value = value
  }
}

/// One request of the CRM's API.
package struct RequestRule: Sendable {
  package enum Method: String, Hashable, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  package var method: Method
  /// Appended to the base; values put into it are percent-encoded.
  package var path: Template
  package var headers: [HeaderRule]
  package var body: BodyRule?
  /// Where the answer holds the new record's id.
  package var answerID: XPathExpression?
  /// Where the answer holds the case (`get-case`), with the shape that deliveries have.
  package var caseNode: XPathExpression?
  /// Where the answer holds comments (`list-comments`); `select` is from the answer's root element.
  package var comments: EventRules.CommentRules?
  /// Where the answer holds files (`list-attachments`); `select` is from the answer's root element.
  package var attachments: EventRules.AttachmentRules?
  /// How a file is sent (`add-attachment`).
  package var form: FormRule?
  /// Where the answer holds users (`get-user`, `find-users`).
  package var users: UserRules?

  package init(
    method: Method, path: Template, headers: [HeaderRule], body: BodyRule?, answerID: XPathExpression?,
    caseNode: XPathExpression?, comments: EventRules.CommentRules?,
    attachments: EventRules.AttachmentRules? = nil, form: FormRule? = nil
  ) {
    self.attachments = attachments
    self.form = form
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
    self.answerID = answerID
    self.caseNode = caseNode
    self.comments = comments
  }
}

/// A JSON body said in XML: `<object><number name="ticket">{$case}</number>…</object>`.
package indirect enum BodyRule: Sendable {
  case string(Template)
  /// The template must give a JSON number.
  case number(Template)
  /// The template must give `true` or `false`.
  case boolean(Template)
  case object([Member])
  case array([BodyRule])

  package enum Member: Sendable {
    case value(name: String, BodyRule)
    /// `<fields/>`: the fields that are written, under their CRM names.
    case fields
  }
}

extension BodyRule {
  /// Whether a template in it has this variable.
  package func uses(_ variable: String) -> Bool {
    switch self {
    case .string(let template), .number(let template), .boolean(let template):
      template.pieces.contains { if case .variable(variable) = $0 { true } else { false } }
    case .object(let members):
      members.contains { if case .value(_, let rule) = $0 { rule.uses(variable) } else { false } }
    case .array(let rules): rules.contains { $0.uses(variable) }
    }
  }
}
