package import Hummingbird

/// Everything that Counterpart answers over HTTP.
package enum WebRoutes {
  /// The whole route table.
  ///
  /// - Throws: when a template cannot be parsed.
  package static func router(dependencies: WebDependencies) throws -> Router<BasicRequestContext> {
    let pages = PageMaker(pages: try Pages(), clock: dependencies.clock)
    let sessions = AdminSessions(adminToken: dependencies.adminToken, isSandbox: dependencies.isSandbox)
    let router = Router(context: BasicRequestContext.self)
    // The order is from outside to inside: what is thrown becomes an answer, which gets its headers and is logged.
    router.add(middleware: AccessLog())
    router.add(middleware: SecurityHeaders(isHTTPS: dependencies.isHTTPS))
    router.add(middleware: ErrorPages(pages: pages))

    let webhooks = WebhookRoutes(dependencies: dependencies)
    router.post("/webhooks/:connection", use: webhooks.receive)

    let connect = ConnectRoutes(dependencies: dependencies, pages: pages)
    router.get("/connect/:connection", use: connect.start)
    router.get("/oauth/callback", use: connect.callback)
    router.post("/connect/token", use: connect.enter)
    router.post("/connect/confirm", use: connect.confirm)

    let own = OwnPageRoutes(dependencies: dependencies, pages: pages)
    router.get("/me/:connection", use: own.show)
    router.post("/me/:connection/disconnect", use: own.disconnect)

    let health = HealthRoutes(dependencies: dependencies)
    router.get("/health/live", use: health.live)
    router.get("/health/ready", use: health.ready)
    router.get("/metrics", use: health.metrics)
    router.get(RouterPath(Stylesheet.path), use: health.stylesheet)

    addAdmin(to: router, dependencies, AdminDoor(dependencies: dependencies, sessions: sessions, pages: pages))
    addAPI(to: router, APIRoutes(dependencies: dependencies, sessions: sessions))
    return router
  }

  private static func addAdmin(
    to router: Router<BasicRequestContext>, _ dependencies: WebDependencies, _ door: AdminDoor
  ) {
    router.get("/admin/sign-in", use: door.signInPage)
    router.post("/admin/sign-in", use: door.signIn)
    router.post("/admin/sign-out", use: door.change(door.signOut))

    let overview = AdminOverview(dependencies: dependencies, pages: door.pages)
    let pages = AdminPages(dependencies: dependencies, pages: door.pages)
    router.get("/admin", use: door.page(overview.show))
    router.get("/admin/events", use: door.page(pages.events))
    router.get("/admin/events/:id", use: door.page(pages.event))
    router.get("/admin/cases/:connection/:case", use: door.page(pages.caseStory))
    router.get("/admin/work", use: door.page(pages.work))
    router.get("/admin/people", use: door.page(pages.people))
    let mappings = MappingPages(dependencies: dependencies, pages: door.pages)
    router.get("/admin/mappings", use: door.page(mappings.show))
    router.get("/admin/mappings/versions/:id", use: door.page(mappings.version))

    let site = SitePages(dependencies: dependencies, pages: door.pages)
    router.get("/admin/site", use: door.page(site.show))
    router.post("/admin/site/check", use: door.change(site.check))

    let changes = AdminChanges(dependencies: dependencies, pages: door.pages)
    router.post("/admin/operations/:id/retry", use: door.change(changes.retryOperation))
    router.post("/admin/operations/:id/discard", use: door.change(changes.discardOperation))
    router.post("/admin/events/:id/retry", use: door.change(changes.retryEvent))
    let causes = CauseChanges(dependencies: dependencies, pages: door.pages)
    router.post("/admin/causes/retry", use: door.change(causes.retry))
    router.post("/admin/causes/discard", use: door.change(causes.discard))
    router.post("/admin/fields/release", use: door.change(causes.release))
    router.post("/admin/people/disconnect", use: door.change(changes.disconnect))
    let personal = PersonalDataChanges(dependencies: dependencies, pages: door.pages)
    router.post("/admin/people/purge", use: door.change(personal.purge))
    router.post("/admin/reconcile", use: door.change(changes.reconcile))
  }

  private static func addAPI(to router: Router<BasicRequestContext>, _ api: APIRoutes) {
    router.get("/api/v1/openapi.json") { _, _ in Response.json(OpenAPIDocument.json) }
    router.get("/api/v1/events", use: api.authorized(api.events))
    router.get("/api/v1/operations", use: api.authorized(api.operations))
    router.get("/api/v1/grants", use: api.authorized(api.grants))
    router.get("/api/v1/cases/:id", use: api.authorized(api.cases))
    router.post("/api/v1/operations/:id/retry", use: api.authorized(api.retry))

    let personal = PersonalDataAPI(dependencies: api.dependencies)
    router.get("/api/v1/people/:person", use: api.authorized(personal.report))
    router.post("/api/v1/people/purge", use: api.authorized(personal.purge))

    let site = SiteAPI(dependencies: api.dependencies)
    router.get("/api/v1/site-checks", use: api.authorized(site.list))
    router.post("/api/v1/site-checks", use: api.authorized(site.check))

    router.get("/api/v1/pace", use: api.authorized(PaceAPI(dependencies: api.dependencies).show))

    let causes = CauseAPI(dependencies: api.dependencies)
    router.get("/api/v1/causes", use: api.authorized(causes.list))
    router.post("/api/v1/causes/retry", use: api.authorized(causes.retry))
    router.post("/api/v1/causes/discard", use: api.authorized(causes.discard))
    router.get("/api/v1/fields/frozen", use: api.authorized(causes.frozen))
    router.post("/api/v1/fields/release", use: api.authorized(causes.release))
  }
}
