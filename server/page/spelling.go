package page

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"ciomirror/catalog"
)

// spelling is one way to ask the same question.
type spelling struct {
	Name, Text string
	Note       string // what has to be said beside it
	Run        string // where the page itself asks it so
}

// command is the search as a command line.
func (a address) command(e *catalog.Entity, fields []string) string {
	words := []string{"ciomirror", "search", a.Entity}
	if a.simple() {
		for _, c := range a.Conditions {
			words = append(words, "--where", shell(c.Field+"="+c.Value))
		}
	} else if f := a.filterJSON(e); f != "" {
		words = append(words, "--filter", shell(f))
	}
	if a.Sort != "" {
		words = append(words, "--sort", shell(a.Sort))
	}
	if len(fields) > 0 {
		words = append(words, "--fields", shell(strings.Join(fields, ",")))
	}
	if a.AsOf != "" {
		words = append(words, "--as-of", shell(a.AsOf))
	}
	words = append(words, "--limit", strconv.Itoa(a.Limit))
	if a.Cursor != "" {
		words = append(words, "--cursor", shell(a.Cursor))
	}
	return strings.Join(words, " ")
}

// export is the command that writes all rows of the question to a file.
func (a address) export(e *catalog.Entity, fields []string) string {
	words := []string{"ciomirror", "export", a.Entity}
	if f := a.filterJSON(e); f != "" {
		words = append(words, "--filter", shell(f))
	}
	if a.Sort != "" {
		words = append(words, "--sort", shell(a.Sort))
	}
	if a.AsOf != "" {
		words = append(words, "--as-of", shell(a.AsOf))
	}
	if !isAll(e, fields) {
		words = append(words, "--fields", shell(strings.Join(fields, ",")))
	}
	return strings.Join(append(words, "--to", a.Entity+".jsonl"), " ")
}

// simple reports whether --where can say it: conditions with eq and nothing that a
// terminal would take for a command.
func (a address) simple() bool {
	for _, c := range a.Conditions {
		if c.Op != "eq" || strings.ContainsFunc(c.Field+c.Value, unicode.IsControl) {
			return false
		}
	}
	return a.Text == "" && a.Filter == ""
}

// shell quotes a word for a POSIX shell, where it needs to be quoted. A dash in
// front would make it a flag only in the place of one.
func shell(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.,:=@/+", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// hosted is the search as a request to the hosted service.
func hosted(x Explained) string {
	path := strings.ReplaceAll(x.Path, "{connector_id}", "$CONNECTOR_ID")
	return `curl -X POST "https://$AIRBYTE_HOST` + path + `" \` + "\n" +
		`  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \` + "\n" +
		"  -d " + shell(x.Body)
}

// spelled are all the spellings of a table's question.
func (a address) spelled(e *catalog.Entity, fields []string, x Explained) []spelling {
	all := []spelling{{Name: "Filter JSON", Text: a.queryJSON(e)}}
	q := url.Values{"sql": {x.SQL}}
	sql := spelling{Name: "SQL", Text: x.SQL}
	if a.AsOf != "" {
		q.Set("as_of", a.AsOf)
		sql.Note = "with --as-of " + shell(a.AsOf)
	}
	sql.Run = "/sql?" + q.Encode()
	all = append(all, sql)
	return append(all, spelling{Name: "Command line", Text: a.command(e, fields)}, spelling{Name: "All rows to a file", Text: a.export(e, fields)}, spelling{Name: "Hosted request", Text: hosted(x)})
}
