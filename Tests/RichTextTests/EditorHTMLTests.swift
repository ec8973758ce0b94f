import CustomDump
import JSON
import RichText
import Testing

@Suite("HTML of real editors")
struct EditorHTMLTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var name: String
    var html: String
    /// What is read, written again as our own HTML.
    var written: String
    var testDescription: String { name }

    init(_ name: String, _ html: String, _ written: String) {
      self.name = name
      self.html = html
      self.written = written
    }
  }

  static let samples: [Sample] = [
    Sample(
      "Word's paragraphs, islands and conditional comments",
      """
      <html xmlns:o="urn:schemas-microsoft-com:office:office"><head><!--[if gte mso 9]><xml><o:x>no</o:x></xml><![endif]-->
      <style><!-- p.MsoNormal {margin:0cm} --></style></head><body lang=DE>
      <p class=MsoNormal><b><span style='font-size:12.0pt;font-family:"Calibri",sans-serif'>Dear all,<o:p></o:p></span></b></p>
      <p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>the <i>invoice</i> is wrong.</p></body></html>
      """, "<p><strong>Dear all,</strong></p>\n<p>the <em>invoice</em> is wrong.</p>"),
    Sample(
      "Word's lists, which are paragraphs",
      """
      <p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
      style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
      </span></span></span><![endif]>first</p>
      <p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span
      style='mso-list:Ignore'>o<span>&nbsp; </span></span><![endif]>deeper</p>
      <p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>second</p>
      <p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>3.<span>&nbsp;
      </span></span>third</p><p class=MsoNormal>after</p>
      """,
      "<ul><li>first<ul><li>deeper</li></ul></li><li>second</li></ul>\n<ol start=\"3\"><li>third</li></ol>\n<p>after</p>"
    ),
    Sample(
      "Outlook's quoted header",
      """
      <div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b>
      Rohit &lt;rohit@example.com&gt;<br><b>Subject:</b> Invoice</p></div></div>
      """, "<p><strong>From:</strong> Rohit &lt;rohit@example.com&gt;<br><strong>Subject:</strong> Invoice</p>"),
    Sample(
      "Gmail's reply",
      """
      <div dir="ltr">Thanks!<div><br></div><div>Mark</div></div><br><div class="gmail_quote"><div dir="ltr"
      class="gmail_attr">On Mon, Rohit wrote:<br></div><blockquote class="gmail_quote" style="margin:0px">It
      fails.<br></blockquote></div>
      """, "<p>Thanks!</p>\n<p>Mark</p>\n<p>On Mon, Rohit wrote:</p>\n<blockquote><p>It fails.</p></blockquote>"),
    Sample(
      "Google Docs' bold that is none",
      """
      <b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr" style="line-height:1.38"><span
      style="font-weight:700;color:#000000">Bold</span><span style="font-style:italic;color:#1155cc"> blue</span></p></b>
      """, "<p><strong>Bold</strong><span style=\"color: #1155cc\"><em> blue</em></span></p>"),
    Sample(
      "looks by style",
      """
      <p><span style="font-weight: 600; text-decoration: underline line-through">a</span> <span style="color: rgb(255, 0,
      0); background-color: yellow">b</span> <font color="#008000">c</font> <span style="vertical-align: super">d</span>
      <mark>e</mark> <span style="COLOR: #222; background: white">f</span></p>
      """,
      """
      <p><strong><u><s>a</s></u></strong> <span style="color: #ff0000; background-color: #ffff00">b</span> <span \
      style="color: #008000">c</span> <sup>d</sup> <span style="background-color: #ffff00">e</span> f</p>
      """),
    Sample(
      "looks of a block", "<div style=\"font-weight:bold\">a<p>b</p></div>c",
      """
      <p><strong>a</strong></p>\n<p><strong>b</strong></p>\n<p>c</p>
      """),
    Sample(
      "a list directly in a list", "<ul><li>a</li><ul><li>b</li><ol><li>c</li></ol></ul><li>d</li></ul>",
      """
      <ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>
      """),
    Sample("a list that begins with a list", "<ol><ol><li>a</li></ol></ol>", "<ol><li><ol><li>a</li></ol></li></ol>"),
    Sample(
      "items without end tags", "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e",
      """
      <ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>\n<p>e</p>
      """),
    Sample("items without a list", "<li>a</li> <li>b</li><p>c</p>", "<ul><li>a</li><li>b</li></ul>\n<p>c</p>"),
    Sample(
      "Quill's levels and kinds of items",
      """
      <ol><li data-list="bullet">a</li><li data-list="bullet" class="ql-indent-1">b</li><li data-list="ordered">c</li></ol>
      """, "<ul><li>a<ul><li>b</li></ul></li></ul>\n<ol><li>c</li></ol>"),
    Sample(
      "tasks of several editors",
      """
      <ul class="todo-list"><li><label><input type="checkbox" checked="checked" disabled><span>done</span></label></li>
      <li><label><input type="checkbox" disabled><span>open</span></label></li></ul>
      <ul data-checked="true"><li>ticked</li></ul><ul><li data-checked="false"><p>left</p></li></ul>
      """, "<ul><li>☑ done</li><li>☐ open</li></ul>\n<ul><li>☑ ticked</li></ul>\n<ul><li>☐ left</li></ul>"),
    Sample(
      "a table with a head and cells that span",
      """
      <table border=1><caption>Prices</caption><colgroup><col></colgroup><thead><tr><td>k</td><td>v</td></tr></thead>
      <tbody><tr><td colspan="2">both<tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></tbody></table>
      """,
      """
      <p>Prices</p>
      <table><tr><th>k</th><th>v</th></tr><tr><td colspan="2">both</td></tr><tr><td rowspan="2">1</td><td>2</td></tr>\
      <tr><td>3</td></tr></table>
      """),
    Sample(
      "a page that is laid out with tables",
      """
      <table role="presentation"><tr><td>left</td><td><table><tr><td>k</td><td>v</td></tr></table></td></tr></table>
      """, "<p>left</p>\n<table><tr><td>k</td><td>v</td></tr></table>"),
    Sample(
      "pictures",
      """
      <p><img src="https://example.com/i/shot.png?x=1"> <img src="https://example.com/p" alt="a photo"> <img
      src="cid:image001.png@01D" alt=""> <img src="data:image/png;base64,AAAA" alt="pasted"> <img src="https://t.co/o.gif"
      width=1 height=1><a href="https://example.com/"><img src="https://example.com/l.png" alt="logo"></a></p>
      """,
      """
      <p><a href="https://example.com/i/shot.png?x=1">shot.png</a> <a href="https://example.com/p">a photo</a> [image] \
      pasted <a href="https://example.com/">logo</a></p>
      """),
    Sample(
      "emoji and mentions",
      """
      <p>Hi <span class="mention" data-id="7">@<span>Mark</span></span> <img alt="😀" src="https://example.com/1f600.png"
      class="emoji"> <g-emoji alias="tada">🎉</g-emoji></p>
      """, "<p>Hi @Mark 😀 🎉</p>"),
    Sample(
      "code",
      """
      <pre class="language-swift"><code>let a = 1<br>  let <b>b</b> = "&lt;"
      </code></pre><p><code>x <b>y</b></code></p><pre>
      plain</pre>
      """,
      """
      <pre><code class="language-swift">let a = 1
        let b = &quot;&lt;&quot;</code></pre>\n<p><code>x y</code></p>\n<pre><code>plain</code></pre>
      """),
    Sample(
      "what opens", "<details open><summary>More <b>of</b> it</summary>inside<p>and</p></details>",
      """
      <details><summary>More of it</summary><p>inside</p><p>and</p></details>
      """),
    Sample("two breaks in a row part paragraphs", "a<br>b<br><br/>c<br>", "<p>a<br>b</p>\n<p>c</p>"),
    Sample("blanks that are to be seen", "<p>a &nbsp;b&nbsp;&nbsp;c</p><p>&nbsp;</p>", "<p>a &nbsp;b &nbsp;c</p>"),
    Sample(
      "lines of text that keep their ends", "<div style=\"white-space: pre-wrap\">a\n  b</div>",
      """
      <p>a<br>b</p>
      """),
    Sample(
      "looks that overlap blocks", "<p><b>a<p>b</b>c</p>", "<p><strong>a</strong></p>\n<p><strong>b</strong>c</p>"),
    Sample(
      "looks that overlap each other", "<b>a<i>b</b>c</i>d",
      "<p><strong>a</strong><strong><em>b</em></strong><em>c</em>d</p>"
    ),
    Sample(
      "names of characters", "&eacute;&euro;&#8211;&#150;&#x1F600;&hellip;&copy &amp;nbsp; R&D &bogus;",
      """
      <p>é€––😀…© &amp;nbsp; R&amp;D &amp;bogus;</p>
      """),
    Sample(
      "an address in text", "<p>see https://example.com/a?b=1&amp;c=2.</p>",
      """
      <p>see <a href="https://example.com/a?b=1&amp;c=2">https://example.com/a?b=1&amp;c=2</a>.</p>
      """),
    Sample("text that is no HTML", "1 < 2 and 3 > 2 & x <y", "<p>1 &lt; 2 and 3 &gt; 2 &amp; x &lt;y</p>"),
    Sample("quotes in a sentence", "<p>he said <q>no</q></p>", "<p>he said “no”</p>"),
  ]

  @Test("What browsers' editors and mail programs write is read as they mean it", arguments: samples)
  func reading(sample: Sample) {
    #expect(
      diff(RichTextConversion.html(fromADF: RichTextConversion.adf(fromHTML: sample.html)), sample.written) == nil)
  }

  @Test("It becomes ADF that Jira accepts", arguments: samples)
  func valid(sample: Sample) {
    #expect(ADFRules.problems(in: RichTextConversion.adf(fromHTML: sample.html)) == [])
  }

  @Test("Our own HTML comes back as it went", arguments: samples)
  func stable(sample: Sample) {
    #expect(
      diff(RichTextConversion.html(fromADF: RichTextConversion.adf(fromHTML: sample.written)), sample.written) == nil)
  }
}
