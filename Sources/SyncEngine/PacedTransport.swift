import JiraClient
import MappingLanguage
import SyncCore
import SyncModel
import Wire

/// Sends nothing to Jira that the pace does not let go, and has everything counted that goes.
struct PacedTransport: Transport {
  let base: any Transport
  let pace: JiraPace
  let caller: JiraPace.Caller

  func send(_ request: WireRequest) async throws(TransportFailure) -> WireResponse {
    guard let facts = JiraRequestFacts(request, of: caller.site) else { return try await base.send(request) }
    let passage = try await pace.enter(facts, caller).get()
    do throws(TransportFailure) {
      let response = try await base.send(request)
      await pace.leave(passage, response, caller)
      return response
    } catch {
      await pace.leave(passage, nil, caller)
      throw error
    }
  }

  /// A file goes from Jira or to it: whichever end is Jira's is paced.
  func pipe(_ pipe: WirePipe) async -> WirePipe.Outcome {
    if let facts = JiraRequestFacts(pipe.target, of: caller.site) {
      switch await pace.enter(facts, caller) {
      case .failure(let failure): return .lost(failure)
      case .success(let passage):
        let outcome = await base.pipe(pipe)
        if case .answered(let response) = outcome {
          await pace.leave(passage, response, caller)
        } else {
          await pace.leave(passage, nil, caller)
        }
        return outcome
      }
    }
    guard let facts = JiraRequestFacts(pipe.source, of: caller.site) else { return await base.pipe(pipe) }
    switch await pace.enter(facts, caller) {
    case .failure(let failure): return .noContent(failure)
    case .success(let passage):
      let outcome = await base.pipe(pipe)
      if case .refused(let response) = outcome {
        await pace.leave(passage, response, caller)
      } else {
        await pace.leave(passage, nil, caller)
      }
      return outcome
    }
  }
}

extension Services {
  /// The way to one connection's site, for one purpose: nothing reaches Jira by another.
  func way(to site: JiraSite, of connection: ConnectionName, for purpose: RequestPurpose) -> any Transport {
    PacedTransport(
      base: transport, pace: pace, caller: JiraPace.Caller(connection: connection, site: site, purpose: purpose))
  }
}
