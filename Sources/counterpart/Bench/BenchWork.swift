import Foundation
import Outbound
import SyncEngine
import SyncModel
import Wire

/// The events of a benchmark: blocks of cases, each case with its four events in order, spread over the block.
struct BenchWork: Sendable {
  let people: Int
  let cases: Int
  private let signer = DeliverySigner(now: SystemClock.now)
  private let text = String(repeating: "A sentence of the case. ", count: 25)

  init(people: Int, cases: Int) {
    self.people = people
    self.cases = cases
  }

  /// Connects everybody who acts, as people do it, in the browser.
  func connectPeople(_ server: BenchServer, _ jira: BenchJira) async throws {
    let transport = SandboxWorld.transport(to: [server.url, jira.url])
    let browser = SandboxBrowser(transport: transport, jiraURL: jira.url)
    for number in 1...people {
      let link = SignedLink(
        connection: SandboxWorld.connection,
        user: CRMUser(id: CRMUserID("agent-\(number)"), name: "Agent \(number)", email: "agent\(number)@example.com"),
        expires: SystemClock.now + .seconds(600), secret: BenchServer.connectSecret)
      try await browser.connect(
        "\(server.url)/connect/\(SandboxWorld.connection)?\(URLEncoding.query(link.query))",
        as: AccountID("agent:\(number)"))
    }
    await transport.shutdown()
  }

  /// Who caused a step of a case, by the name that they have in Jira.
  func person(of caseNumber: Int, step: Int) -> String { "Agent \(personNumber(caseNumber, step))" }

  private func personNumber(_ caseNumber: Int, _ step: Int) -> Int { 1 + (caseNumber + step) % people }

  /// Event number n, counted over all cases, as a client sends it.
  func wire(_ number: Int, to url: String) -> WireRequest {
    let text = String(decoding: request(number), as: UTF8.self)
    let lines = text.components(separatedBy: "\r\n")
    let headers = lines.dropFirst().prefix { !$0.isEmpty }.compactMap { line -> WireHeader? in
      guard line.hasPrefix("webhook-") || line.hasPrefix("Content-Type"), let colon = line.firstIndex(of: ":") else {
        return nil
      }
      return WireHeader(String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...]))
    }
    return WireRequest(
      .post, url + "/webhooks/\(SandboxWorld.connection)", headers: headers, body: Array((lines.last ?? "").utf8))
  }

  /// Event number n, counted over all cases.
  func request(_ number: Int) -> [UInt8] {
    let block = number / (cases * 4)
    let step = number / cases % 4
    let caseNumber = block * cases + number % cases
    let person = personNumber(caseNumber, step)
    switch step {
    case 0: return creation(case: caseNumber)
    case 3: return delivery("updated", case: caseNumber, by: person, priority: "P1", step: step, comment: "")
    default:
      let comment = """
        ,"comment":{"id":"k\(caseNumber)-\(step)","body":"We could reproduce this. \(text.prefix(120))","public":true}
        """
      return delivery("commented", case: caseNumber, by: person, priority: "P2", step: step, comment: comment)
    }
  }

  func creation(case number: Int) -> [UInt8] {
    delivery(
      "created", case: number, by: personNumber(number, 0), priority: "P2", step: 0, comment: "",
      description: ",\"description\":\"\(text)\"")
  }

  private func delivery(
    _ kind: String, case number: Int, by person: Int, priority: String, step: Int, comment: String,
    description: String = ""
  ) -> [UInt8] {
    signer.request(
      id: "bench-\(number)-\(step)",
      body: """
        {"events":[{"id":"e\(number)-\(step)","type":"case.\(kind)","time":"\(signer.time)",\
        "actor":{"id":"agent-\(person)","name":"Agent \(person)"},"case":{"id":"c\(number)","number":"\(number)",\
        "subject":"Benchmark case \(number)","priority":"\(priority)","status":"New"\(description)}\(comment)}]}
        """)
  }

  /// The sandbox's site and connection with a mapping that goes one way only: nobody is the CRM.
  static func documents(jiraURL: String) -> [(path: String, text: String)] {
    SandboxWorld.documents(jiraURL: jiraURL, crmURL: "http://127.0.0.1:9").map { path, text in
      (path, path == "support.xml" ? mapping : text)
    }
  }

  private static let mapping = """
    <mapping xmlns="urn:counterpart:mapping:1" name="support" crm="\(SandboxWorld.connection)">
      <route project="SUP" issue-type="Task"/>
      <field jira="summary" value="[{number}] {subject}"/>
      <field jira="description" crm="description" as="plain"/>
      <field jira="priority" crm="priority" sync="to-jira">
        <pair crm="P1" jira="Highest"/>
        <pair crm="P2" jira="High"/>
      </field>
      <status crm="status" sync="to-jira"><pair crm="New" jira="To Do"/><pair crm="Closed" jira="Done"/></status>
      <comments sync="to-jira" public="public" internal="internal"/>
    </mapping>
    """
}
