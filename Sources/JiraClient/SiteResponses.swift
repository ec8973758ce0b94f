import JSON
package import MappingLanguage
package import SyncCore
import SyncModel
package import Wire

/// Turns what a site says of itself into ``SiteFacts``' parts, leniently.
package enum SiteResponses {
  /// More allowed values than this are not kept: the field's values then are not held against the mapping.
  package static let valueLimit = 2000

  /// One page of a list.
  package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// How many the answer held, readable or not.
    package var received: Int
    package var total: Int?
  }

  package static func projectKeys(_ response: WireResponse) -> Result<[String], CallFailure> {
    JiraResponses.read(response) { body in
      (body["values"] ?? body).array?.compactMap { $0["key"]?.string }
    }
  }

  package static func issueTypes(_ response: WireResponse) -> Result<Page<SiteFacts.IssueType>, CallFailure> {
    JiraResponses.read(response) { body in
      page(body, ["issueTypes", "createMetaIssueType", "values"]) { item in
        guard let id = item["id"]?.text, let name = item["name"]?.string else { return nil }
        return SiteFacts.IssueType(id: id, name: name, isSubtask: item["subtask"]?.bool ?? false)
      }
    }
  }

  package static func createFields(_ response: WireResponse) -> Result<Page<SiteField>, CallFailure> {
    JiraResponses.read(response) { body in
      page(body, ["fields", "results", "values"]) { item in
        (item["fieldId"] ?? item["key"])?.text.map { field($0, item) }
      }
    }
  }

  /// `editmeta`: an object by field.
  package static func editFields(_ response: WireResponse) -> Result<[SiteField], CallFailure> {
    JiraResponses.read(response) { body in body["fields"]?.members?.map { field($0.key, $0.value) } }
  }

  /// Issue type → names of its statuses.
  package static func statuses(_ response: WireResponse) -> Result<[String: [String]], CallFailure> {
    JiraResponses.read(response) { body in
      guard let items = body.array else { return nil }
      var statuses: [String: [String]] = [:]
      for item in items {
        guard let name = item["name"]?.string else { continue }
        statuses[name] = (item["statuses"]?.array ?? []).compactMap { $0["name"]?.string }
      }
      return statuses
    }
  }

  /// The permissions that somebody has, of those that were asked about.
  package static func permissions(_ response: WireResponse) -> Result<Set<String>, CallFailure> {
    JiraResponses.read(response) { body in
      body["permissions"]?.members.map { Set($0.filter { $0.value["havePermission"]?.bool == true }.map(\.key)) }
    }
  }

  /// Id → name.
  package static func fieldNames(_ response: WireResponse) -> Result<[String: String], CallFailure> {
    JiraResponses.read(response) { body in
      guard let items = body.array else { return nil }
      var names: [String: String] = [:]
      for item in items { if let id = item["id"]?.text { names[id] = item["name"]?.string ?? "" } }
      return names
    }
  }

  package static func resolutions(_ response: WireResponse) -> Result<Page<String>, CallFailure> {
    JiraResponses.read(response) { body in page(body, ["values"]) { $0["name"]?.string } }
  }

  package static func ways(_ response: WireResponse) -> Result<[SiteFacts.Way], CallFailure> {
    JiraResponses.read(response) { body in
      body["transitions"]?.array?.map { item in
        SiteFacts.Way(
          name: item["name"]?.string ?? "", target: item["to"]?["name"]?.string ?? "",
          fields: (item["fields"]?.members ?? []).map { field($0.key, $0.value) })
      }
    }
  }

  private static func page<Item: Sendable>(
    _ body: JSONValue, _ members: [String], _ item: (JSONValue) -> Item?
  ) -> Page<Item>? {
    // A Data Center's short lists are whole, and no pages.
    guard let items = members.lazy.compactMap({ body[$0]?.array }).first ?? body.array else { return nil }
    return Page(items: items.compactMap(item), received: items.count, total: body["total"]?.int.map { Int($0) })
  }

  /// A field as create and edit metadata and transitions' screens describe it: labels of allowed values are `name` for
  /// Jira's own fields and `value` for options.
  private static func field(_ id: String, _ item: JSONValue) -> SiteField {
    let schema = item["schema"]
    let allowed = item["allowedValues"]?.array
    let labels = allowed?.compactMap { $0["value"]?.string ?? $0["name"]?.string ?? $0.string } ?? []
    // A choice of two levels lists the second below the first; a value is then `Hardware > Printer`.
    let children = (allowed ?? []).flatMap { parent in
      (parent["children"]?.array ?? []).compactMap { child in
        child["value"]?.string.map { "\(parent["value"]?.string ?? "") > \($0)" }
      }
    }
    let values = labels + children
    return SiteField(
      id: id, name: item["name"]?.string ?? "", isRequired: item["required"]?.bool ?? false,
      hasDefault: item["hasDefaultValue"]?.bool ?? false, type: schema?["type"]?.string ?? "any",
      items: schema?["items"]?.string,
      custom: schema?["custom"]?.string.map { String($0.split(separator: ":").last ?? "") },
      // A value without a readable label would make the list say less than the field takes.
      allowed: allowed.flatMap { $0.count == labels.count && values.count <= valueLimit ? values : nil })
  }
}
