import Foundation
import JSON
import Outbound
import SyncEngine
import SyncModel
import Testing
import Wire

@testable import counterpart

/// A walk through the sandbox; each page of Counterpart's that it comes to is looked at in each way in which people do.
struct Walk {
  let sandbox: SandboxProcess
  let browser: WebDriver

  static let markup = "<img src=x onerror=\"document.title='hurt'\"><b>Mark</b> O'Neil &amp; \"Söhne\""
  private static let caseAddress = "/cases/1?user=mark"

  /// Rohit's case stands in Jira; Mark's comment on it waits for him.
  func prepare() async throws {
    try await control("/simulated/cases", ["user": "rohit", "subject": .string(Self.markup), "priority": "P2"])
    try await control("/simulated/cases/1/comment", ["user": "mark", "body": .string(Self.markup), "public": "true"])
    for _ in 0..<400 {
      let metrics = try await sandbox.transport.send(WireRequest(.get, sandbox.counterpart + "/metrics"))
      if String(decoding: metrics.body, as: UTF8.self).contains("operations{state=\"held\"} 1\n") { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("Mark's comment is not held")
  }

  func connect() async throws {
    try await follow("//a[contains(., 'Connect Mark')]")
    try await see("Which account are you?")
    try await browser.click("//button[contains(., 'Deny')]")
    try await look("denied", shows: ["Not connected", "You did not allow the access at Atlassian"])
    try await follow("//a[contains(., 'Connect Mark')]")
    try await agree()
    try await look("connected", shows: ["Connected", "One change that was held for you goes out now."])
  }

  /// On Atlassian's page: Mark's account; then the confirmation.
  private func agree() async throws {
    try await see("Which account are you?")
    try await browser.click("//button[contains(., 'mark@example.com')]")
    try await look("confirm", shows: ["Is this you?", "mark@example.com", sandbox.jira])
    try await browser.click("//button[contains(., 'connect')]")
  }

  func ownPage() async throws {
    try await follow("//a[contains(@href, '/me/')]")
    try await look("own", shows: ["You and Jira", "In Jira you are Mark"])
    try await browser.click("//button[contains(., 'Disconnect')]")
    try await look("disconnected", shows: ["Disconnected", "deleted its access"])
    try await browser.click("//a[contains(., 'Back to your page')]")
    try await look("own-disconnected", shows: ["You are not connected to Jira."])
    try await browser.click("//a[contains(., 'Connect to Jira')]")
    try await agree()
    try await look("connected-again", shows: ["Connected", "Nothing was waiting for it."])
  }

  func wrongTurns() async throws {
    let user = CRMUser(id: "other", name: Self.markup, email: "<i>@example.com")
    let secret = try #require(SandboxWorld.secrets[SandboxWorld.connection]?["connect"]?.first)
    func address(_ page: String, _ expires: Timestamp) -> String {
      let link = SignedLink(connection: SandboxWorld.connection, user: user, expires: expires, secret: secret)
      return "\(sandbox.counterpart)/\(page)/\(SandboxWorld.connection)?\(URLEncoding.query(link.query))"
    }
    let later = SystemClock.now + .seconds(600)
    try await browser.open(address("me", later))
    try await look("own-markup", shows: [Self.markup, "You are not connected to Jira."])
    // Mark's account for a second CRM user: he is warned, and leaves it at that.
    try await browser.open(address("connect", later))
    try await see("Which account are you?")
    try await browser.click("//button[contains(., 'mark@example.com')]")
    try await look("confirm-shared", shows: [Self.markup, "Careful:", "Mark is already connected"])
    try await browser.open(address("connect", later).replacing("signature=", with: "signature=00"))
    try await look("malformed", shows: ["The link is not complete."], isError: true)
    try await browser.open(address("connect", SystemClock.now))
    try await look("expired", shows: ["The link has expired."], isError: true)
    try await browser.open(sandbox.counterpart + "/oauth/callback?code=a&state=b")
    try await look("unknown", shows: ["This attempt is over"], isError: true)
    try await browser.open(sandbox.counterpart + "/nothing")
    try await look("not-found", shows: ["There is nothing at this address."], isError: true)
  }

  func admin() async throws {
    let pages = [
      ("", "Overview"), ("/events", "Events"), ("/events/1", "Rohit"), ("/cases/helpdesk/1", "SUP-1"),
      ("/work", "Held"), ("/people", "Mark"), ("/mappings", "support"), ("/mappings/versions/1", "support"),
      ("/site", "helpdesk"),
    ]
    for (page, text) in pages {
      try await browser.open(sandbox.counterpart + "/admin" + page)
      try await look("admin" + page.replacing("/", with: "-"), shows: [text])
    }
  }

  // MARK: - Looking

  /// Goes to Mark's case in his CRM and follows a link there.
  private func follow(_ xpath: String) async throws {
    try await browser.open(sandbox.crm + Self.caseAddress)
    try await browser.click(xpath)
  }

  private func see(_ text: String) async throws {
    for _ in 0..<400 {
      if try await browser.run("return document.body.innerText").string?.contains(text) == true { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("the browser does not show: \(text)")
  }

  /// Looks at a page of Counterpart's on a phone and on a desktop, by day and by night.
  ///
  /// - Parameter isError: its status is one that a browser says something of.
  private func look(_ name: String, shows texts: [String], isError: Bool = false) async throws {
    for text in texts { try await see(text) }
    #expect(try await browser.address.hasPrefix(sandbox.counterpart), "\(name)")
    for (device, width, height) in [("desktop", 1280, 900), ("phone", 360, 740)] {
      try await browser.devTools(
        "Emulation.setDeviceMetricsOverride",
        [
          "width": .integer(Int64(width)), "height": .integer(Int64(height)), "deviceScaleFactor": 1,
          "mobile": .bool(device == "phone"),
        ])
      for scheme in ["light", "dark"] {
        try await browser.devTools(
          "Emulation.setEmulatedMedia",
          ["features": [["name": "prefers-color-scheme", "value": .string(scheme)]]])
        let findings = try await browser.run(Self.inspection)
        #expect(findings == [], "\(name), \(device), \(scheme)")
        try await keepScreenshot("\(name)-\(device)-\(scheme)")
      }
    }
    try await browser.devTools("Emulation.clearDeviceMetricsOverride", [:])
    try await expectQuiet(name, isError: isError)
  }

  /// Nothing was complained of, and nothing was asked of anybody but the three parts.
  private func expectQuiet(_ name: String, isError: Bool) async throws {
    let complaints = try await browser.log("browser").compactMap { $0["message"]?.string }.filter {
      // Of the simulated systems nobody asks for icons, and an error's own status is meant.
      $0.hasPrefix(sandbox.counterpart) && !($0.contains("status of") && (isError || name == "denied"))
    }
    #expect(complaints == [], "\(name)")
    let requests = try await browser.log("performance").compactMap { entry -> String? in
      let message = try JSONReader.read(Array((entry["message"]?.string ?? "").utf8))["message"]
      guard message?["method"]?.string == "Network.requestWillBeSent" else { return nil }
      return message?["params"]?["request"]?["url"]?.string
    }
    // The browser's own first page is among them.
    let known = [sandbox.counterpart, sandbox.jira, sandbox.crm, "data:", "chrome://"]
    #expect(requests.filter { url in !known.contains { url.hasPrefix($0) } } == [], "\(name)")
  }

  private func keepScreenshot(_ name: String) async throws {
    guard let folder = ProcessInfo.processInfo.environment["COUNTERPART_SCREENSHOTS"] else { return }
    try await browser.screenshot().write(to: URL(filePath: "\(folder)/\(name).png"))
  }

  private func control(_ path: String, _ body: JSONValue) async throws {
    let headers = [WireHeader("Content-Type", "application/json")]
    let answer = try await sandbox.transport.send(
      WireRequest(.post, sandbox.crm + path, headers: headers, body: body.utf8))
    #expect(answer.status == 200)
  }

  /// What is wrong with a page as it is shown: it is wider than the window, something on it is hard to read, a field has
  /// no label, somebody's text became markup.
  private static let inspection = """
    const wrong = [];
    if (document.documentElement.scrollWidth > innerWidth) {
      wrong.push('wider than the window: ' + document.documentElement.scrollWidth + ' of ' + innerWidth);
    }
    if (document.querySelectorAll('h1').length !== 1) wrong.push('headings: ' + document.querySelectorAll('h1').length);
    if (!document.documentElement.lang || !document.title) wrong.push('no language or title');
    if (document.title === 'hurt' || document.querySelector('main img, main b, main i, script')) wrong.push('markup');
    for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
      if (!field.labels.length && !field.getAttribute('aria-label')) wrong.push('no label: ' + field.name);
    }
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parts = (color) => {
      canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
      return Array.from(canvas.getImageData(0, 0, 1, 1).data);
    };
    const light = (color) => {
      const [r, g, b] = color.slice(0, 3).map((x) => x / 255)
        .map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const color = parts(getComputedStyle(at).backgroundColor);
        if (color[3] === 255) return color;
      }
      return parts(matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#ffffff');
    };
    for (const element of document.querySelectorAll('body *')) {
      const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
      if (!own || !element.getClientRects().length) continue;
      const pair = [light(parts(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
      const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
      if (contrast < 4.5) wrong.push(element.tagName + ' ' + element.className + ': contrast ' + contrast.toFixed(2));
    }
    return Array.from(new Set(wrong));
    """
}
