import ServiceLifecycle

/// A service that the log of a start and a stop calls by its name. A service as such is printed with everything in it.
struct NamedService: Service, CustomStringConvertible {
  let base: any Service

  var description: String { "\(type(of: base))" }

  func run() async throws { try await base.run() }
}

extension ServiceGroupConfiguration.ServiceConfiguration {
  init(named service: any Service) { self.init(service: NamedService(base: service)) }
}
