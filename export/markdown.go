package export

import (
	"bufio"
	"context"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markdownWriter writes a table of GitHub's Markdown, which most others read too.
type markdownWriter struct {
	out     *bufio.Writer
	columns []Column
}

func newMarkdown(w io.Writer, columns []Column) (*markdownWriter, error) {
	m := &markdownWriter{out: bufio.NewWriter(w), columns: columns}
	head, rule := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		head[i], rule[i] = MarkdownText(c.Name), "---"
		if c.Type == Integer || c.Type == Number {
			rule[i] = "---:"
		}
	}
	if err := m.line(head); err != nil {
		return nil, err
	}
	return m, m.line(rule)
}

func (m *markdownWriter) line(cells []string) error {
	_, err := m.out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	return err
}

func (m *markdownWriter) write(_ context.Context, values []any) error {
	cells := make([]string, len(values))
	for i, v := range values {
		if seconds, ok := v.(int64); ok && m.columns[i].Type == Time {
			cells[i] = timeText(seconds)
		} else {
			cells[i] = MarkdownText(readable(v))
		}
	}
	return m.line(cells)
}

func (m *markdownWriter) close(context.Context) error { return m.out.Flush() }

// marks are what a renderer would take for more than text. A picture or a link in a
// campaign's name would be fetched or clicked by whoever reads the table; GitHub makes
// links of bare addresses too.
var marks = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `~`, `\~`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `$`, `\$`,
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `://`, `:\//`, `www.`, `www\.`,
	"\r\n", "<br>", "\n", "<br>", "\r", "<br>", "\t", " ",
)

// MarkdownText is a text that a renderer of GitHub's Markdown shows as it is, in one
// cell of a table.
func MarkdownText(s string) string {
	return strings.Map(func(r rune) rune {
		// Format characters turn the reading direction, or are seen by nobody; some
		// scripts and pictures need the two joiners.
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
			return '\uFFFD'
		}
		return r
	}, besides(marks.Replace(s)))
}

// besides marks what is a mark by what stands beside it. An underscore between letters,
// as in a field's name, is none. Behind an @ something begins an address, of mail or of
// somebody at GitHub, and only a comment keeps it from becoming a link: a backslash is
// gone by the time that addresses are looked for.
func besides(s string) string {
	if !strings.ContainsAny(s, "_@") {
		return s
	}
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	var b strings.Builder
	before := ' '
	for i, r := range s {
		after, size := utf8.DecodeRuneInString(s[i+1:]) // behind the marks, which are one byte long
		if r == '_' && (!word(before) || !word(after)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' && size > 0 && after != ' ' {
			b.WriteString("<!-- -->")
		}
		before = r
	}
	return b.String()
}
