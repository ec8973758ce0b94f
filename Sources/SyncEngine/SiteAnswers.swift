import SyncModel
import Synchronization
import Wire

/// What a site said of itself in the last minutes, so that checks that follow each other ask it once.
///
/// Kept in memory, by who asked: two people may be shown different things. Bounded in number and in bytes.
package final class SiteAnswers: Sendable {
  private struct Question: Hashable {
    var asker: String
    var url: String
    var body: [UInt8]
  }

  private struct Answer {
    var response: WireResponse
    var at: Timestamp
  }

  package static let life: Duration = .seconds(600)
  private static let countLimit = 500
  private static let byteLimit = 8 << 20

  private let answers = Mutex<[Question: Answer]>([:])

  package init() {}

  func answer(to request: WireRequest, asker: String, now: Timestamp) -> WireResponse? {
    answers.withLock { answers in
      guard let answer = answers[Question(asker: asker, url: request.url, body: request.body)],
        now - answer.at < Self.life, answer.at <= now
      else { return nil }
      return answer.response
    }
  }

  func keep(_ response: WireResponse, to request: WireRequest, asker: String, now: Timestamp) {
    guard (200...299).contains(response.status) else { return }
    answers.withLock { answers in
      answers = answers.filter { now - $0.value.at < Self.life }
      let bytes = answers.values.reduce(response.body.count) { $0 + $1.response.body.count }
      if answers.count >= Self.countLimit || bytes > Self.byteLimit { answers = [:] }
      answers[Question(asker: asker, url: request.url, body: request.body)] = Answer(response: response, at: now)
    }
  }
}
