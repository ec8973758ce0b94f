import HTTPTypes
import Hummingbird
import SyncModel

/// Makes pages: the templates with the frame that the moment and the session ask for.
struct PageMaker: Sendable {
  let pages: Pages
  let clock: @Sendable () -> Timestamp

  func frame(_ title: String) -> PageFrame { PageFrame(title: title, madeAt: clock().description) }

  /// The frame of an admin page, with the menu.
  func frame(_ title: String, session: AdminSession, current: String) -> PageFrame {
    let items = [
      ("Overview", "/admin"), ("Events", "/admin/events"), ("Held and dead", "/admin/work"),
      ("People", "/admin/people"), ("Mappings", "/admin/mappings"), ("Jira site", "/admin/site"),
    ]
    return PageFrame(
      title: title,
      navigation: items.map { PageFrame.Item(label: $0.0, href: $0.1, isCurrent: $0.1 == current) },
      canSignOut: !session.isOpen, csrf: session.csrf.reveal(), madeAt: clock().description)
  }

  func response(
    _ name: Pages.Name, _ model: some Sendable, status: HTTPResponse.Status = .ok
  ) -> Response {
    Response.html(pages.render(name, model), status: status).kept()
  }

  func message(
    _ title: String, _ paragraphs: [String], link: MessagePage.Link? = nil, status: HTTPResponse.Status = .ok,
    requestID: String? = nil
  ) -> Response {
    response(
      .message, MessagePage(page: frame(title), paragraphs: paragraphs, link: link, requestID: requestID),
      status: status)
  }
}
