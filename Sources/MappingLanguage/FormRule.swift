/// A form with one file, sent as `multipart/form-data`:
/// `<form file="file"><field name="public" value="{$public}"/></form>`.
package struct FormRule: Sendable {
  package struct Field: Sendable {
    package var name: String
    package var value: Template

    package init(name: String, value: Template) {
      self.name = name
      self.value = value
    }
  }

  /// The name of the part that holds the file.
  package var file: String
  /// Stand before the file.
  package var fields: [Field]

  package init(file: String, fields: [Field]) {
    self.file = file
    self.fields = fields
  }

  /// Whether a field's value has this variable.
  package func uses(_ variable: String) -> Bool {
    fields.contains { $0.value.pieces.contains { if case .variable(variable) = $0 { true } else { false } } }
  }
}
