import Foundation
import MappingLanguage
import SyncModel

/// The documents and the event of `bench mapping`: a case of 2 KB under a mapping of 25 fields of all kinds.
enum MappingWork {
  static let connection: ConnectionName = "bench"

  /// A mappings folder with one site, one connection, its profile, and as many mappings as are asked for.
  ///
  /// - Parameter profile: the XML of the generic profile, as it ships.
  static func files(mappings count: Int, profile: [UInt8]) -> [SourceFile] {
    let documents = [
      (
        "site.xml",
        """
        <jira xmlns="urn:counterpart:jira:1" name="bench" kind="cloud" site="https://bench.example">
          <service-user ref="counterpart"/>
        </jira>
        """
      ),
      (
        "crm.xml",
        """
        <crm xmlns="urn:counterpart:crm:1" name="\(connection)" profile="generic" base="https://crm.example" jira="bench">
          <secret name="webhook" from="env:A"/> <secret name="api" from="env:B"/> <secret name="connect" from="env:C"/>
        </crm>
        """
      ),
    ]
    return documents.map { SourceFile(path: $0.0, bytes: Array($0.1.utf8)) }
      + [SourceFile(path: "crm/generic.xml", bytes: profile)]
      + (1...max(1, count)).map { SourceFile(path: "mapping-\($0).xml", bytes: Array(mapping(number: $0).utf8)) }
  }

  /// 25 fields: composed and plain text, rich text, pairs, lists, numbers, dates and options.
  static func mapping(number: Int) -> String {
    let custom = (1...14).map { index in
      switch index % 7 {
      case 0: #"<field jira="customfield_\#(10_000 + index)" crm="details/number\#(index)" as="number"/>"#
      case 1: #"<field jira="customfield_\#(10_000 + index)" crm="details/text\#(index)"/>"#
      case 2: #"<field jira="customfield_\#(10_000 + index)" crm="details/option\#(index)" as="option"/>"#
      case 3: #"<field jira="customfield_\#(10_000 + index)" crm="details/day\#(index)" as="date"/>"#
      case 4: #"<field jira="customfield_\#(10_000 + index)" crm="details/list\#(index)" as="options"/>"#
      case 5: #"<field jira="customfield_\#(10_000 + index)" value="{details/text1}: {upper(details/text\#(index))}"/>"#
      default: #"<field jira="customfield_\#(10_000 + index)" crm="details/time\#(index)" as="datetime"/>"#
      }
    }
    return """
      <mapping xmlns="urn:counterpart:mapping:1" name="mapping-\(number)" crm="\(connection)">
        <route when="product = 'Billing' and severity &lt;= 2" project="BILL" issue-type="Bug"/>
        <route project="SUP" issue-type="Task"/>
        <field jira="summary" value="[{number}] {subject}" max-length="255"/>
        <field jira="description" crm="description" as="html"/>
        <field jira="environment" crm="environment" as="plain"/>
        <field jira="priority" crm="priority" on-conflict="crm">
          <pair crm="P1" jira="Highest"/> <pair crm="P2" jira="High"/> <otherwise crm="P3" jira="Medium"/>
        </field>
        <field jira="labels" crm="tags"/>
        <field jira="components" crm="components"/>
        <field jira="fixVersions" crm="version"/>
        <field jira="duedate" crm="due" as="date"/>
        <field jira="customfield_20001" crm="customer/name"/>
        <field jira="customfield_20002" value="{customer/name} ({customer/city})"/>
        <field jira="customfield_20003" crm="severity" as="number"/>
        \(custom.joined(separator: "\n  "))
        <link label="{$connection}-\(number)-{$case}" case-url="{$base}/cases/{$case}"/>
        <missing-grant action="hold"/>
      </mapping>
      """
  }

  /// One `case.created` of about 2 KB.
  static let event: [UInt8] = {
    let details = (1...14).map { index in
      switch index % 7 {
      case 0: #""number\#(index)": \#(index).25"#
      case 1, 5: #""text\#(index)": "A value of the field \#(index)""#
      case 2: #""option\#(index)": "Option \#(index)""#
      case 3: #""day\#(index)": "2026-11-\#(10 + index)""#
      case 4: #""list\#(index)": ["One", "Two", "Three"]"#
      default: #""time\#(index)": "2026-11-24T10:\#(10 + index):00Z""#
      }
    }
    let sentence = "The second page of the invoice shows <b>another</b> customer's <i>address</i>. "
    let description = "<p>\(String(repeating: sentence, count: 5))</p><ul><li>Open it</li><li>Turn the page</li></ul>"
    return Array(
      """
      {"events": [{"id": "e1", "type": "case.created", "time": "2026-11-24T10:00:00Z",
        "actor": {"id": "rohit", "name": "Rohit", "email": "rohit@example.com"},
        "case": {"id": "41", "number": "C-41", "subject": "The invoice shows the wrong address",
          "description": "\(description)", "environment": "Firefox 145 on Linux, \\"de\\" locale\\nProxy in between",
          "product": "Billing", "severity": 3, "priority": "P2", "status": "New", "tags": ["invoice", "address", "web"],
          "components": ["Billing", "Printing"], "version": "2026.4", "due": "2026-12-01", "queue": "second-line",
          "customer": {"name": "Example Ltd", "city": "Pune", "country": "IN", "contract": "gold", "since": 2019},
          "channel": "mail", "language": "de", "satisfaction": null, "escalated": false, "reopened": 0,
          "team": {"id": 12, "name": "Billing, second line", "lead": "Ann", "hours": "Mo-Fr 08:00-18:00"},
          "agreement": {"name": "Gold", "response": 240, "resolution": 2880, "breached": false, "paused": false},
          "created": "2026-11-24T09:58:12Z", "updated": "2026-11-24T10:00:00Z", "views": 3,
          "followers": ["ann", "mark"], "address": "https://crm.example/cases/41",
          "source": {"form": "contact", "page": "/invoices", "campaign": null},
          "details": {\(details.joined(separator: ", "))}}}]}
      """.utf8)
  }()

  /// A description of about 5 KB as an editor writes it.
  static let html: String = {
    let part = """
      <h2>What happened</h2><p>We opened the <strong>invoice</strong> of <em>last month</em> and saw \
      <a href="https://shop.example/i/7?a=1&amp;b=2">another address</a>. It was <u>not</u> ours.</p>\
      <ol><li>Open the list<ul><li>as an <code>admin</code></li><li>or as a user</li></ul></li>\
      <li>Choose a line</li></ol>\
      <table><tr><th>Browser</th><th>Result</th></tr><tr><td>Firefox</td><td>wrong &nbsp;page</td></tr></table>\
      <blockquote><p>It worked yesterday.</p></blockquote><pre>GET /invoice/7\n200 OK</pre><p>Regards,<br>Rohit</p>
      """
    var text = ""
    while text.utf8.count < 5000 { text += part }
    return text
  }()
}
