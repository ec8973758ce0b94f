import JSON
import JiraClient
import SyncCore
import SyncModel
import Testing
import Wire

@Suite("Deleted users are nobody")
struct DeletedUserTests {
  @Test("An account called unknown is no answer to who somebody is")
  func myself() {
    let body: JSONValue = ["accountId": "unknown", "displayName": "Former user"]
    guard case .failure = JiraResponses.account(WireResponse(status: 200, body: body.utf8)) else {
      Issue.record("unknown was taken for an account")
      return
    }
  }

  @Test("Files of deleted users have an author's name and no author's id")
  func files() {
    let fields: JSONValue = [
      "attachment": [
        ["id": "1", "filename": "a.txt", "size": 3, "author": ["accountId": "unknown", "displayName": "Former user"]],
        ["id": "2", "filename": "b.txt", "size": 3, "author": ["accountId": "acc", "displayName": "Dana"]],
      ]
    ]
    let files = JiraAttachment.list(in: fields)
    #expect(files.map(\.author) == [nil, "acc"])
    #expect(files.map(\.authorName) == ["Former user", "Dana"])
  }
}
