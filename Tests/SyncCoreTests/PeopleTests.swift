import SyncCore
import SyncModel
import Testing

@Suite("Who is who")
struct PeopleTests {
  private let rohit = CRMUser(id: "7", name: "Rohit")
  private let mark = CRMUser(id: "8", name: "Mark")
  private let dana = CRMUser(id: "9", name: "Dana")

  private func source(_ entries: (CRMUser, AccountID)...) -> PeopleSource {
    PeopleSource(entries.map { AccountEntry(user: $0.0, account: $0.1) })
  }

  @Test("A grant says of both sides who its person is")
  func grant() {
    let people = People(grants: source((rohit, "acc-rohit")))
    #expect(people.account(of: "7") == "acc-rohit")
    #expect(people.user(of: "acc-rohit") == rohit)
    #expect(people.account(of: "8") == nil)
    #expect(people.user(of: "acc-mark") == nil && !people.knows("acc-mark"))
  }

  @Test("An account that two CRM users share is nobody's, and theirs to be assigned")
  func shared() {
    let people = People(grants: source((rohit, "acc"), (mark, "acc")))
    #expect(people.user(of: "acc") == nil && people.isAmbiguous("acc") && people.knows("acc"))
    #expect(people.account(of: "7") == "acc" && people.account(of: "8") == "acc")
  }

  @Test("A less sure source adds whom the surer ones do not know")
  func added() {
    let grants = People(grants: source((rohit, "acc-rohit")), lookedUp: source((dana, "acc-dana")))
    let people = grants.completed(with: source((mark, "acc-mark")), looksUp: true)
    #expect(people.account(of: "8") == "acc-mark")
    #expect(people.user(of: "acc-mark") == mark)
    #expect(people.account(of: "9") == "acc-dana")
    #expect(people.user(of: "acc-dana") == dana)
  }

  @Test("What was looked up counts only where the connection wants that")
  func unwanted() {
    let people = People(lookedUp: source((dana, "acc-dana"))).completed(with: PeopleSource())
    #expect(people.account(of: "9") == nil && people.user(of: "acc-dana") == nil)
  }

  @Test("What a grant says of a user or of an account, no table overrules or makes doubtful")
  func surer() {
    let grants = People(grants: source((rohit, "acc-rohit")))
    let other = grants.completed(with: source((rohit, "acc-other")))
    #expect(other.account(of: "7") == "acc-rohit" && other.user(of: "acc-other") == nil)
    let second = grants.completed(with: source((mark, "acc-rohit")))
    #expect(second.user(of: "acc-rohit") == rohit && second.account(of: "8") == nil)
  }

  @Test("A line that does not count makes nobody else doubtful, and hides nobody")
  func idle() {
    // Rohit has connected otherwise than the table says: of the account that it names, the look-up may tell.
    let people = People(grants: source((rohit, "acc-rohit")), lookedUp: source((mark, "acc")))
      .completed(with: source((rohit, "acc"), (dana, "acc")), looksUp: true)
    #expect(people.user(of: "acc") == dana && people.account(of: "8") == nil)
    let without = People(grants: source((rohit, "acc-rohit")), lookedUp: source((mark, "acc")))
      .completed(with: source((rohit, "acc")), looksUp: true)
    #expect(without.user(of: "acc") == mark)
  }

  @Test("Two of one table who share an account are doubtful, whatever their order")
  func sharedInTable() {
    for table in [source((rohit, "acc"), (mark, "acc")), source((mark, "acc"), (rohit, "acc"))] {
      let people = People().completed(with: table)
      #expect(people.user(of: "acc") == nil)
      #expect(people.account(of: "7") == "acc" && people.account(of: "8") == "acc")
    }
  }

  @Test("Deleted users, whom Jira calls unknown, are nobody")
  func deleted() {
    let people = People(grants: source((rohit, "unknown"))).completed(with: source((mark, "unknown")))
    #expect(people == People())
  }

  @Test("Of a closed account neither a table nor a look-up says anything")
  func closed() {
    let people = People(lookedUp: source((mark, "acc")), closed: [People.digest(of: "acc")])
      .completed(with: source((rohit, "acc")), looksUp: true)
    #expect(people.user(of: "acc") == nil && people.account(of: "7") == nil && people.account(of: "8") == nil)
  }

  @Test("Somebody is looked up where no source knows them, and again when that nobody was found is no longer believed")
  func toBeLookedUp() {
    let now = Timestamp(milliseconds: 1_000_000)
    let nobody = People.Nobody(reason: "nobody", until: now)
    let people = People(grants: source((rohit, "acc-rohit")), nobodies: ["8": nobody])
      .completed(with: PeopleSource(), looksUp: true)
    #expect(!people.isToBeLookedUp("7", now: now))
    #expect(people.isToBeLookedUp("9", now: now))
    #expect(!people.isToBeLookedUp("8", now: now + .milliseconds(-1)))
    #expect(people.isToBeLookedUp("8", now: now))
    #expect(!people.completed(with: PeopleSource()).isToBeLookedUp("9", now: now))
  }
}
