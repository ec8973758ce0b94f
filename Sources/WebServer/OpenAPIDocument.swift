import JSON

/// The description of the API for programs (OpenAPI 3.1.0, https://spec.openapis.org/oas/v3.1.0.html).
enum OpenAPIDocument {
  static let json: JSONValue = [
    "openapi": "3.1.0",
    "info": ["title": "Counterpart", "version": "1"],
    "security": [["adminToken": []]],
    "components": [
      "securitySchemes": ["adminToken": ["type": "http", "scheme": "bearer"]],
      "schemas": [
        "Error": [
          "type": "object", "required": ["error"],
          "properties": ["error": ["type": "object", "properties": ["message": ["type": "string"]]]],
        ]
      ],
    ],
    "paths": [
      "/api/v1/events": [
        "get": operation(
          "Events, the newest first", parameters: [query("before", "integer"), query("limit", "integer")],
          answers: "events")
      ],
      "/api/v1/operations": [
        "get": operation(
          "Operations, the oldest first; those that are not finished unless a state is named",
          parameters: [query("state", "string"), query("limit", "integer")], answers: "operations")
      ],
      "/api/v1/operations/{id}/retry": [
        "post": operation(
          "Puts a held, waiting or dead operation back in line", parameters: [path("id", "integer")], status: "202",
          answers: "retried")
      ],
      "/api/v1/causes": [
        "get": operation("What is held or dead, by its cause; the largest first", parameters: [], answers: "causes")
      ],
      "/api/v1/causes/retry": [
        "post": operation(
          "Puts what has a cause back in line, so many a second; a form with cause and rate", parameters: [],
          status: "202", answers: "retried")
      ],
      "/api/v1/causes/discard": [
        "post": operation(
          "Gives up what has a cause; a form with cause and reason", parameters: [], answers: "discarded")
      ],
      "/api/v1/fields/frozen": [
        "get": operation("Fields that went back and forth and are stopped", parameters: [], answers: "fields")
      ],
      "/api/v1/fields/release": [
        "post": operation(
          "Lets a stopped field go on; a form with connection, case and field", parameters: [], status: "202",
          answers: "released")
      ],
      "/api/v1/site-checks": [
        "get": operation(
          "What the last check of the mappings against each Jira site found", parameters: [], answers: "checks"),
        "post": operation(
          "Holds a connection's mappings against its Jira site now; a form with connection", parameters: [],
          answers: "check"),
      ],
      "/api/v1/pace": [
        "get": operation(
          "What the app has used of its points at Atlassian in this hour, and what waits for a limit", parameters: [],
          answers: "pace")
      ],
      "/api/v1/grants": ["get": operation("Who has connected", parameters: [], answers: "grants")],
      "/api/v1/people/{person}": [
        "get": operation(
          "What is stored about a CRM user or an account, by its id; never a token",
          parameters: [path("person", "string"), query("connection", "string")], answers: "people")
      ],
      "/api/v1/people/purge": [
        "post": operation(
          "Disconnects a CRM user and erases them as somebody who acted; a form with connection and user",
          parameters: [], answers: "purged")
      ],
      "/api/v1/cases/{id}": [
        "get": operation(
          "Everything that is known of a case, by its id or by the issue's key or id",
          parameters: [path("id", "string")], answers: "cases")
      ],
    ],
  ]

  private static func operation(
    _ summary: String, parameters: [JSONValue], status: String = "200", answers member: String
  ) -> JSONValue {
    let error: JSONValue = [
      "description": "The reason",
      "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
    ]
    return .object([
      JSONMember("summary", .string(summary)), JSONMember("parameters", .array(parameters)),
      JSONMember(
        "responses",
        .object([
          JSONMember(
            status,
            [
              "description": .string("An object with the member \(member)"),
              "content": ["application/json": ["schema": ["type": "object", "required": [.string(member)]]]],
            ]),
          JSONMember("4XX", error),
        ])),
    ])
  }

  private static func query(_ name: String, _ type: String) -> JSONValue {
    ["name": .string(name), "in": "query", "schema": ["type": .string(type)]]
  }

  private static func path(_ name: String, _ type: String) -> JSONValue {
    ["name": .string(name), "in": "path", "required": true, "schema": ["type": .string(type)]]
  }
}
