import SyncCore
import SyncModel
import Testing

@Suite("Who is who")
struct PeopleTests {
  private let rohit = CRMUser(id: "7", name: "Rohit")
  private let mark = CRMUser(id: "8", name: "Mark")

  @Test("A grant says of both sides who its person is")
  func grant() {
    var people = People()
    people.add(rohit, account: "acc-rohit")
    #expect(people.account(of: "7") == "acc-rohit")
    #expect(people.user(of: "acc-rohit") == rohit)
    #expect(people.account(of: "8") == nil)
    #expect(people.user(of: "acc-mark") == nil)
  }

  @Test("An account that two CRM users share is nobody's, and theirs to be assigned")
  func shared() {
    var people = People()
    people.add(rohit, account: "acc")
    people.add(mark, account: "acc")
    #expect(people.user(of: "acc") == nil && people.isAmbiguous("acc"))
    #expect(people.account(of: "7") == "acc" && people.account(of: "8") == "acc")
  }

  @Test("A less sure source adds whom the surer ones do not know")
  func added() {
    var people = People()
    people.add(rohit, account: "acc-rohit")
    people.complete(with: [AccountEntry(user: mark, account: "acc-mark")])
    #expect(people.account(of: "8") == "acc-mark")
    #expect(people.user(of: "acc-mark") == mark)
  }

  @Test("What a grant says of a user or of an account, no table overrules or makes doubtful")
  func surer() {
    var people = People()
    people.add(rohit, account: "acc-rohit")
    let before = people
    people.complete(with: [AccountEntry(user: rohit, account: "acc-other")])
    #expect(people == before)
    people.complete(with: [AccountEntry(user: mark, account: "acc-rohit")])
    #expect(people == before)
  }

  @Test("Two of one table who share an account are doubtful, whatever their order")
  func sharedInTable() {
    let entries = [AccountEntry(user: rohit, account: "acc"), AccountEntry(user: mark, account: "acc")]
    for order in [entries, entries.reversed()] {
      let people = People().completed(with: order)
      #expect(people.user(of: "acc") == nil)
      #expect(people.account(of: "7") == "acc" && people.account(of: "8") == "acc")
    }
  }

  @Test("Deleted users, whom Jira calls unknown, are nobody")
  func deleted() {
    var people = People()
    people.add(rohit, account: "unknown")
    people.complete(with: [AccountEntry(user: mark, account: "unknown")])
    #expect(people == People())
  }
}
