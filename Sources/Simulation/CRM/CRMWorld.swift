import JSON
import SyncModel
import Wire

/// Everything a simulated help desk holds; ``SimulatedCRM`` guards it.
struct CRMWorld {
  var configuration: SimulatedCRMConfiguration
  var random: SeededRandom
  /// In the order of creation; a case's place is its id less 1.
  var cases: [SimulatedCase] = []
  var lastCommentID = 500
  var lastAttachmentID = 900
  var lastEvent = 0
  var outgoing: [SimulatedDelivery] = []
  var faults = FaultPlan.none
  var armedFaults: [ArmedFault] = []
  var deliveryFaults = DeliveryFaults()
  var log: [LoggedRequest] = []
  var effects = EffectRecord()

  init(configuration: SimulatedCRMConfiguration) {
    self.configuration = configuration
    random = SeededRandom(seed: configuration.seed)
  }

  func place(of id: String) -> Int? {
    guard let number = Int(id), cases.indices.contains(number - 1), !cases[number - 1].isDeleted else { return nil }
    return number - 1
  }

  mutating func open(
    subject: String, description: String, priority: String, by user: CRMUser, now: Timestamp
  ) -> Int {
    let number = cases.count + 1
    cases.append(
      SimulatedCase(
        id: String(number), number: String(1000 + number), subject: subject, description: description,
        priority: priority, status: configuration.statuses.first ?? "", jiraKey: "", created: now, updated: now,
        opener: user.id))
    effects.note(
      .opened(effectFields(SimulatedCase.writable, cases.count - 1)), on: String(number), by: user.id.rawValue, now: now
    )
    emit("case.created", cases.count - 1, by: user, now: now)
    return cases.count - 1
  }

  /// Writes fields; what stays the same changes nothing and tells nobody.
  mutating func write(_ fields: [(String, String)], to place: Int, by user: CRMUser, now: Timestamp) {
    let before = cases[place]
    for (name, value) in fields { cases[place][name] = value }
    guard cases[place] != before else { return }
    // Its own automation comes after the write: the record has changed, whatever is left of it.
    for name in configuration.upperCased { cases[place][name] = cases[place][name].uppercased() }
    cases[place].version += 1
    cases[place].updated = now
    let changed = SimulatedCase.writable.filter { cases[place][$0] != before[$0] }
    effects.note(.changed(effectFields(changed, place)), on: before.id, by: user.id.rawValue, now: now)
    emit("case.updated", place, by: user, now: now)
  }

  mutating func comment(_ body: String, isPublic: Bool, on place: Int, by user: CRMUser, now: Timestamp) -> String {
    lastCommentID += 1
    let comment = SimulatedCaseComment(
      id: String(lastCommentID), body: body, isPublic: isPublic, author: user.id, authorName: user.name ?? "",
      created: now)
    cases[place].comments.append(comment)
    cases[place].updated = now
    effects.note(
      .commented(CommentID(comment.id), text: body, isPublic: isPublic), on: cases[place].id, by: user.id.rawValue,
      now: now)
    emit("case.commented", place, by: user, comment: comment, now: now)
    return comment.id
  }

  /// Changes a comment; what stays the same tells nobody.
  mutating func editComment(
    _ index: Int, of place: Int, body: String, isPublic: Bool, by user: CRMUser, now: Timestamp
  ) {
    let before = cases[place].comments[index]
    cases[place].comments[index].body = body
    cases[place].comments[index].isPublic = isPublic
    guard cases[place].comments[index] != before else { return }
    cases[place].updated = now
    effects.note(
      .commentEdited(CommentID(before.id), text: body, isPublic: isPublic), on: cases[place].id,
      by: user.id.rawValue, now: now)
    emit("comment.updated", place, by: user, comment: cases[place].comments[index], now: now)
  }

  mutating func deleteComment(_ index: Int, of place: Int, by user: CRMUser, now: Timestamp) {
    let comment = cases[place].comments.remove(at: index)
    cases[place].updated = now
    effects.note(
      .commentDeleted(CommentID(comment.id)), on: cases[place].id, by: user.id.rawValue, now: now)
    emit("comment.deleted", place, by: user, comment: comment, now: now)
  }

  /// Attaches a file; several at once are one event.
  mutating func attach(
    _ files: [(name: String, type: String, content: [UInt8], isPublic: Bool)], to place: Int, by user: CRMUser,
    now: Timestamp
  ) -> [String] {
    let added = files.map { file in
      lastAttachmentID += 1
      return SimulatedCaseAttachment(
        id: String(lastAttachmentID), name: file.name, type: file.type, content: file.content,
        isPublic: file.isPublic, author: user.id)
    }
    cases[place].attachments += added
    cases[place].updated = now
    emit("case.attached", place, by: user, attachments: added, now: now)
    return added.map(\.id)
  }

  mutating func delete(_ place: Int, by user: CRMUser, now: Timestamp) {
    emit("case.deleted", place, by: user, now: now)
    cases[place].isDeleted = true
    effects.note(.deleted, on: cases[place].id, by: user.id.rawValue, now: now)
  }

  private func effectFields(_ names: [String], _ place: Int) -> [SimulatedEffect.Field] {
    names.map { SimulatedEffect.Field(name: $0, value: cases[place][$0]) }
  }

  /// Queues the webhook about one change.
  private mutating func emit(
    _ type: String, _ place: Int, by user: CRMUser, comment: SimulatedCaseComment? = nil,
    attachments: [SimulatedCaseAttachment] = [], now: Timestamp
  ) {
    lastEvent += 1
    var event = [
      JSONMember("id", .string("evt_\(lastEvent)")), JSONMember("type", .string(type)),
      JSONMember("time", .string(now.description)),
      JSONMember(
        "actor",
        [
          "id": .string(user.id.rawValue), "name": JSONValue(orNull: user.name),
          "email": JSONValue(orNull: user.email),
        ]),
      JSONMember("case", cases[place].json),
    ]
    if let comment { event.append(JSONMember("comment", comment.json)) }
    if !attachments.isEmpty { event.append(JSONMember("attachments", .array(attachments.map(\.json)))) }
    guard !random.happens(deliveryFaults.dropped) else { return }
    var delivery = SimulatedDelivery(
      id: DeliveryID("msg_\(lastEvent)"), body: (["events": [.object(event)]] as JSONValue).utf8, dueAt: now)
    if random.happens(deliveryFaults.duplicated) { delivery.arrivals = 2 }
    if random.happens(deliveryFaults.reordered) { delivery.dueAt = now + deliveryFaults.holdBack }
    outgoing.append(delivery)
  }

  /// What came of an attempt: done after a 2xx, else again later, until attempts run out.
  mutating func settle(_ id: DeliveryID, status: Int?, now: Timestamp) {
    guard let index = outgoing.firstIndex(where: { $0.id == id }) else { return }
    if let status, (200..<300).contains(status) {
      outgoing[index].arrivals -= 1
      if outgoing[index].arrivals <= 0 { outgoing.remove(at: index) }
      return
    }
    outgoing[index].attempts += 1
    guard outgoing[index].attempts < configuration.deliveryAttempts else {
      outgoing.remove(at: index)
      return
    }
    let seconds = min(60, 1 << min(outgoing[index].attempts - 1, 6))
    outgoing[index].dueAt = now + .seconds(seconds)
  }

  mutating func exchange(_ request: WireRequest, now: Timestamp) -> SimulatedExchange {
    guard let target = RequestTarget(request.url) else { return .answer(.html(400, "<h1>Bad request</h1>")) }
    var fault: Fault?
    if target.path.hasPrefix("/api/") {
      fault = armedFaults.strike(method: request.method.rawValue, path: target.path) ?? faults.fault(using: &random)
    }
    effects.isRequest = target.path.hasPrefix("/api/")
    defer { effects.isRequest = false }
    let exchange = SimulatedExchange.through(fault) { answer(request, target: target, now: now) }
    let status: Int? =
      switch exchange {
      case .answer(let response), .slowAnswer(let response, _): response.status
      case .lostAfterApply, .refusedConnection: nil
      }
    var words = target.segments
    if words.count > 2, words[0] == "api" { words[2] = words[1] == "users" ? "{user}" : "{case}" }
    if words.count > 4, words[0] == "api" { words[4] = "{\(words[3].dropLast())}" }
    let account = isAuthorised(request) ? configuration.apiUser.rawValue : nil
    log.note(
      LoggedRequest(
        method: request.method.rawValue, template: "/" + words.joined(separator: "/"), account: account, time: now,
        status: status))
    return exchange
  }

  func isAuthorised(_ request: WireRequest) -> Bool {
    request.header("Authorization") == "Bearer " + configuration.apiKey.reveal()
  }
}
