package sqlite

import (
	"io/fs"
	"regexp"
	"strings"

	"ciomirror/internal/sqltext"
	"ciomirror/migrations"
)

// FirstStatement splits text behind the semicolon that ends its first statement.
// ended is false while there is none: what is not closed may go on. The statement
// comes without its semicolon, and is empty where nothing stands before it.
func FirstStatement(text string) (statement, rest string, ended bool) {
	end := sqltext.End(text)
	if end == len(text) {
		if sqltext.Blank(text) {
			return "", "", false
		}
		return text, "", false
	}
	if statement = text[:end]; sqltext.Blank(statement) {
		statement = ""
	}
	if rest = text[end+1:]; sqltext.Blank(rest) {
		rest = ""
	}
	return statement, rest, true
}

// View is a ready-made view of a mirror.
type View struct {
	Name string `json:"view"`
	Doc  string `json:"doc"`
	SQL  string `json:"sql"`
}

var viewText = regexp.MustCompile(`(?s)create view (\w+) as\n((?:-- [^\n]*\n)*)(.*?);\n`)

// Views are the views that every mirror has, in the schema's order, with the comment
// that each begins with.
func Views() ([]View, error) {
	names, err := fs.Glob(migrations.SQLite, "sqlite/*.sql")
	if err != nil {
		return nil, err
	}
	var views []View
	for _, name := range names {
		text, err := fs.ReadFile(migrations.SQLite, name)
		if err != nil {
			return nil, err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		for _, m := range viewText.FindAllStringSubmatch(up, -1) {
			doc := strings.Join(strings.Fields(strings.ReplaceAll("\n"+m[2], "\n-- ", " ")), " ")
			views = append(views, View{Name: m[1], Doc: doc, SQL: strings.TrimSuffix(m[0], ";\n")})
		}
	}
	return views, nil
}
