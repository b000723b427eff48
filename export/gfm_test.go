package export_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"

	"ciomirror/export"
)

// hostileTexts would be more than text in a table of GitHub's Markdown.
var hostileTexts = []string{
	"https://example.com/a_b_", "http://a.example|x", "see ftp://x.example.", "www.example.com", "(www.example.com)", "*www.example.com",
	"a@example.com", "a.b+c_@example.com", "mailto:a@example.com", "xmpp:a@example.com/x", "<a@example.com>", "<https://example.com>",
	"_a_", "__a__", "a_b_c", "*a*", "**a**", "~a~", "~~a~~", "`a`", "``a|b``", "a|b", `a\|b`, `a\\|b`, `a\`, `\`, `\\`, "|", "||",
	"<b>x</b>", "<!-- x -->", "&amp;", "&#64;", "&lt;", "[a](b)", "![a](b)", "[a][b]", "[^1]", "[x]: y", "- a", "# a", "1. a", "> a", "---", ":--", "| --- |", "$x$",
	"a\nb", "a\r\nb", "a\n\nb", "a\n| b | c |\n", "a\tb", "日本語", "👩‍💻",
}

// TestARendererShowsTheValues asks a renderer of GitHub's Markdown: each value is the
// text of its cell, and nothing else is there.
func TestARendererShowsTheValues(t *testing.T) {
	var rows [][]any
	for i, text := range hostileTexts {
		rows = append(rows, []any{text, hostileTexts[len(hostileTexts)-1-i]})
	}
	got, _ := write(t, export.Markdown, result("a text, b text", rows...), export.Options{})
	var page bytes.Buffer
	renderer := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := renderer.Convert(got, &page); err != nil {
		t.Fatal(err)
	}
	cells := rendered(t, page.String())
	if len(cells) != 2+2*len(rows) {
		t.Fatalf("%d cells, want %d", len(cells), 2+2*len(rows))
	}
	for i, row := range rows {
		for j, value := range row {
			want := strings.NewReplacer("\r\n", "\n", "\t", " ").Replace(value.(string))
			if shown := cells[2+2*i+j]; shown != strings.TrimRight(want, "\n") && shown != want {
				t.Errorf("%q is shown as %q", value, shown)
			}
		}
	}
}

// rendered are the texts of a table's cells, with a line break for a br. Another element
// within is a mark that was obeyed.
func rendered(t *testing.T, page string) (cells []string) {
	t.Helper()
	in := false
	for z := nethtml.NewTokenizer(strings.NewReader(page)); ; {
		kind := z.Next()
		token := z.Token()
		switch {
		case kind == nethtml.ErrorToken:
			return cells
		case kind == nethtml.CommentToken:
		case token.Data == "td" || token.Data == "th":
			if in = kind == nethtml.StartTagToken; in {
				cells = append(cells, "")
			}
		case !in && !slices.Contains([]string{"table", "thead", "tbody", "tr"}, token.Data) && strings.TrimSpace(token.Data) != "":
			t.Errorf("beside the table there is %q", token.String())
		case !in:
		case token.Data == "br" && kind != nethtml.TextToken:
			cells[len(cells)-1] += "\n"
		case kind == nethtml.TextToken:
			cells[len(cells)-1] += token.Data
		default:
			t.Errorf("in the cell of %q there is %s", cells[len(cells)-1], token.String())
		}
	}
}
