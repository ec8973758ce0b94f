import JSON
import SyncEngine
import SyncModel
import SyncStore
import Testing

@testable import counterpart

@Suite("users report and users purge")
struct UsersPersonalDataTests {
  private static let now = Timestamp(seconds: 1_780_000_000)

  @Test("A report is a table for people and JSON for programs")
  func report() {
    let data = PersonalData(
      connection: "acme", user: "8", account: "acc",
      places: [
        PersonalData.Place(kind: .grant, count: 1, since: Self.now, values: ["name": "Mark", "account": "acc"]),
        PersonalData.Place(kind: .event, count: 12, since: Self.now, until: Self.now + .seconds(60)),
      ])
    #expect(
      Users.words([data], "8").split(separator: "\n").map(String.init) == [
        "acme: CRM user 8, account acc",
        "WHERE               HOW MANY  SINCE                     UNTIL                     WHAT IT SAYS",
        "connection to Jira  1         2026-05-28T20:26:40.000Z                            account: acc, name: Mark",
        "events they caused  12        2026-05-28T20:26:40.000Z  2026-05-28T20:27:40.000Z  ",
      ])
    #expect(data.json["places"]?[0]?["values"]?["name"] == "Mark")
    #expect(Users.words([], "8") == "nothing is stored about '8'")
  }

  @Test("A purge says what it erased and what stays, and for how long")
  func purge() {
    var erased = ErasureReport()
    erased.grants = 1
    erased.lines = 3
    var left = PersonalData(
      connection: "acme", user: "8", account: "acc",
      places: [
        PersonalData.Place(kind: .operation, count: 2), PersonalData.Place(kind: .delivery, count: 4),
        PersonalData.Place(kind: .field, count: 1),
      ])
    left.unfinished = 2
    let purge = PersonRecords.Purge(erased: erased, left: left, pseudonym: "erased-1")
    #expect(
      purge.words(retentionDays: 30) == [
        "erased of CRM user 8, who is erased-1 from now on:", "  1 connection(s) to Jira with their tokens",
        "  3 line(s) of stories: name",
        "the app can also be removed at https://id.atlassian.com/manage-profile/apps",
        "stays: 2 change(s) that wait or are dead keep the id, without which they could not go out; discard them "
          + "(counterpart events) and purge again",
        "stays: 4 deliveries as the CRM sent them, until 30 days have passed and nothing of them waits",
        "stays: the account in 1 field(s), which are the cases' own data",
      ])
    let nothing = PersonRecords.Purge(
      erased: ErasureReport(), left: PersonalData(connection: "acme", user: "8", account: nil, places: []),
      pseudonym: "erased-2")
    #expect(nothing.words(retentionDays: 30) == ["nothing was left to erase of CRM user 8"])
  }
}
