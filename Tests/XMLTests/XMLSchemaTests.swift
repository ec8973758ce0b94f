import Testing
import XML

@Suite("Documents held against a schema")
struct XMLSchemaTests {
  static let schema = XMLSchema(
    Array(
      """
      <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" elementFormDefault="qualified">
        <xs:element name="t"><xs:complexType><xs:sequence>
          <xs:element name="a" maxOccurs="unbounded"><xs:complexType>
            <xs:attribute name="kind" use="required"><xs:simpleType><xs:restriction base="xs:string">
              <xs:enumeration value="x"/><xs:enumeration value="y"/></xs:restriction></xs:simpleType></xs:attribute>
          </xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
      </xs:schema>
      """.utf8))

  @Test("A valid document has no problems")
  func valid() throws {
    #expect(try Self.schema.problems(of: Array("<t xmlns='urn:t'><a kind='x'/></t>".utf8)) == [])
  }

  @Test("Every problem is found at once, each once, in plain words with its place")
  func problems() throws {
    let xml = """
      <t xmlns='urn:t'>
        <a kind='z'/>
        <a
          kind='x' knd='y'/>
        <a/>
        <b/>
        <a kind='w'/>
      </t>
      """
    #expect(
      try Self.schema.problems(of: Array(xml.utf8)) == [
        XMLProblem(line: 2, column: 12, "element 'a', attribute 'kind': value 'z' is not one of {'x', 'y'}"),
        XMLProblem(line: 4, column: 19, "element 'a', attribute 'knd': attribute 'knd' is not allowed"),
        XMLProblem(line: 5, column: 3, "element 'a': attribute 'kind' is required but missing"),
        XMLProblem(line: 6, column: 3, "element 'b': it may not stand here; expected is ( a )"),
        XMLProblem(line: 7, column: 12, "element 'a', attribute 'kind': value 'w' is not one of {'x', 'y'}"),
      ])
  }

  @Test("A schema that is none is not taken for a valid document")
  func brokenSchema() {
    #expect(throws: XMLProblem.self) {
      let problems = try XMLSchema(Array("<no-schema/>".utf8)).problems(of: Array("<a/>".utf8))
      if let first = problems.first { throw first }
    }
  }
}
