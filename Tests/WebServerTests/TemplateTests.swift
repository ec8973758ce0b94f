import SyncCore
import SyncEngine
import SyncModel
import Testing

@testable import WebServer

/// Renders a customer's worst text through every template.
struct TemplateTests {
  /// A quote that is one character with its accent, as swift-mustache's own escaping lets it through.
  static let hostile = "a\"\u{301} onfocus=alert(1) x='\u{301}<script>alert(1)</script>&"
  static let escaped =
    "a&quot;\u{301} onfocus=alert(1) x=&#39;\u{301}&lt;script&gt;alert(1)&lt;/script&gt;&amp;"

  @Test("No text gets out of where a template puts it", arguments: Pages.Name.allCases)
  func hostileText(_ name: Pages.Name) throws {
    let html = try render(name)
    let scalars = Array(html.unicodeScalars)
    #expect(contains(scalars, Self.escaped), "the text is shown")
    for raw in ["\"\u{301}", "'\u{301}", "<script", "x='"] {
      #expect(!contains(scalars, raw), "\(raw.unicodeScalars.map(\.value)) stands in the page")
    }
  }

  @Test("No template holds a tag that is not escaped", arguments: Pages.Name.allCases)
  func unescapedTags(_ name: Pages.Name) {
    #expect(!name.text.contains("{{{") && !name.text.contains("{{&") && !name.text.contains("<script"))
  }

  @Test("A key that a template names exists in its model: nothing is rendered as an optional")
  func optionals() throws {
    for name in Pages.Name.allCases { #expect(try !render(name).contains("Optional(")) }
  }

  private func contains(_ scalars: [Unicode.Scalar], _ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars.count >= wanted.count else { return false }
    return (0...(scalars.count - wanted.count)).contains { scalars[$0..<$0 + wanted.count].elementsEqual(wanted) }
  }

  private func render(_ name: Pages.Name) throws -> String {
    let pages = try Pages()
    switch name {
    case .head, .foot: return pages.render(name, frame)
    case .operations: return pages.render(name, OperationTable(operations: [row], canAct: true))
    case .message:
      return pages.render(
        name,
        MessagePage(
          page: frame, paragraphs: [text], link: MessagePage.Link(href: text, label: text), requestID: text))
    case .connected:
      return pages.render(
        name, ConnectedPage(page: frame, userName: text, connection: text, accountName: text, released: text))
    case .connectConfirm:
      return pages.render(
        name,
        ConfirmPage(
          page: frame, connection: text, userName: text, userEmail: text, accountName: text, accountEmail: text,
          site: text, sharedWith: text, state: text))
    case .connectToken:
      return pages.render(
        name,
        TokenPage(
          page: frame, connection: text, userName: text, userEmail: text, site: text, kind: text, article: text,
          where: text, needsEmail: true, authorizeURL: text, refusal: text, state: text))
    case .me:
      return pages.render(
        name,
        OwnPage(
          page: frame, userName: text, connection: text,
          grant: OwnPage.Grant(accountName: text, state: text, tone: text, since: moment, lapseReason: text),
          connectURL: text, connectLabel: text, disconnectURL: text,
          signedQuery: [OwnPage.Field(name: text, value: text)], operations: [row], hasHeld: true))
    case .signIn: return pages.render(name, SignInPage(page: frame, problem: text))
    case .overview: return pages.render(name, overview)
    case .events:
      return pages.render(name, EventsPage(page: frame, events: [event], hasEvents: true, olderHref: text))
    case .event:
      return pages.render(
        name,
        EventPage(
          page: frame, event: event, operations: [row], hasOperations: true, canAct: true))
    case .caseStory: return pages.render(name, story)
    case .work:
      let table = OperationTable(operations: [row], canAct: true)
      return [true, false].map { isChosen in
        pages.render(
          name,
          WorkPage(
            page: frame, isChosen: isChosen, causes: [causeRow], frozen: [frozen], held: table, dead: table,
            events: [event], deliveries: [unreadable], limit: 1))
      }.joined()
    case .people: return pages.render(name, people)
    case .mappings:
      return pages.render(
        name,
        MappingsPage(
          page: frame, mappings: [MappingsPage.Row(name: text, connection: text, file: text, digest: text)],
          running: version, findings: findings, versions: [version]))
    case .site:
      let check = SitePage.Check(
        checked: moment, counts: text, state: text, tone: text, effort: text, problem: text, errors: [text],
        warnings: [text], hasFindings: true, since: moment)
      return pages.render(
        name,
        SitePage(
          page: frame,
          connections: [check, nil].map {
            SitePage.Connection(name: text, encodedName: text, site: text, check: $0, canCheck: true)
          }, pace: pace, csrf: text))
    case .mappingVersion:
      return pages.render(
        name,
        MappingVersionPage(
          page: frame, version: version, files: [MappingVersionPage.File(path: text, digest: text)], other: text,
          comparisons: [MappingVersionPage.Comparison(href: text, words: text)],
          differences: [
            MappingVersionPage.Difference(
              path: text, change: text, lines: [MappingVersionPage.Line(text: text, tone: text)])
          ], isCut: true))
    }
  }

  private var version: MappingVersionRow {
    MappingVersionRow(
      id: text, href: text, since: moment, origin: text, changed: text, state: text, tone: text)
  }

  private var text: String { Self.hostile }
  private var moment: Moment { Moment(iso: text, words: text) }
  private var unreadable: UnreadableDelivery {
    UnreadableDelivery(id: text, connection: text, since: moment, reason: text)
  }

  private var findings: MappingFindings { MappingFindings(errors: [text], warnings: [text]) }
  private var cause: OverviewPage.Cause {
    OverviewPage.Cause(things: text, state: text, tone: text, cause: text, end: text, href: text)
  }

  private var causeRow: CauseRow {
    CauseRow(
      cause: text, title: text, things: text, state: text, tone: text, oldest: moment, newest: moment, end: text,
      exampleCase: text, exampleHref: text, exampleReason: text, showHref: text, csrf: text)
  }

  private var frozen: FrozenRow {
    FrozenRow(
      field: text, connection: text, caseID: text, caseHref: text, mapping: text, turns: 9, since: moment, csrf: text)
  }

  private var frame: PageFrame {
    PageFrame(
      title: text, navigation: [PageFrame.Item(label: text, href: text, isCurrent: true)], canSignOut: true,
      csrf: text, madeAt: text)
  }

  private var row: OperationRow {
    OperationRow(
      id: text, what: text, caseID: text, caseHref: text, eventHref: text, issueKey: text, issueHref: text, who: text,
      state: text, tone: text,
      explanation: text, end: text, since: moment, retryURL: text, discardURL: text, csrf: text)
  }

  private var event: EventRow {
    EventRow(
      id: text, href: text, connection: text, caseID: text, caseHref: text, kind: text, who: text, received: moment,
      state: text, tone: text, standing: text, retryURL: text, mappings: text, csrf: text, operations: [row])
  }

  private var story: CasePage {
    CasePage(
      page: frame, connection: text,
      links: [CasePage.Link(mapping: text, issueKey: text, issueHref: text, remarks: [text])],
      operations: [row],
      hasOperations: true, canAct: true,
      conflicts: [CasePage.LostValue(at: moment, field: text, crm: text, jira: text, winner: text)],
      hasConflicts: true,
      waits: [CasePage.Wait(what: text, state: text, tone: text, explanation: text, end: text)], frozen: [frozen],
      lines: [CasePage.Line(at: moment, text: text, isEvent: true, eventHref: text)])
  }

  private var people: PeoplePage {
    PeoplePage(
      page: frame,
      people: [
        PeoplePage.Person(
          userName: text, userID: text, connection: text, accountName: text, state: text, tone: text,
          lapseReason: text, since: moment)
      ], hasPeople: true, reports: [text], waiting: [cause], csrf: text)
  }

  private var overview: OverviewPage {
    OverviewPage(
      page: frame, notice: text, numbers: [OverviewPage.Number(count: 1, label: text, tone: text, href: text)],
      needsNobody: true, causes: [cause],
      frozen: [OverviewPage.Frozen(field: text, caseID: text, caseHref: text)], unreadable: [unreadable],
      drifts: [OverviewPage.Drift(connection: text, findings: text, since: moment)], waits: [text],
      connections: [
        OverviewPage.Connection(
          name: text, encodedName: text, lastRun: text, outcome: text, progress: text, canReconcile: true, site: text)
      ],
      csrf: text, findings: findings)
  }

  private var pace: PaceSection? {
    PaceSection(
      JiraPaceReport(
        budget: PointsBudget(), hour: TestInstallation.now, spent: 1, remaining: 1, elsewhere: 1,
        tenants: [JiraPaceReport.Tenant(connection: ConnectionName(text))], counts: [:]), now: TestInstallation.now)
  }
}
