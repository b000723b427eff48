package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// document reads what the last run printed as one JSON value; several lines of
// JSON are an array of them.
func (s *script) document(args []string) (value any, rest []string, err error) {
	text := s.stdout
	if len(args) > 0 && args[0] == "stderr" {
		text, args = s.stderr, args[1:]
	}
	if len(args) == 0 {
		return nil, nil, fmt.Errorf("a JSON pointer is wanted")
	}
	decode := func(text string, into any) error {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(into); err != nil {
			return err
		}
		if d.More() {
			return fmt.Errorf("more than one value")
		}
		return nil
	}
	if decode(text, &value) == nil {
		return value, args, nil
	}
	var lines []any
	for line := range strings.Lines(text) {
		var v any
		if err := decode(line, &v); err != nil {
			return nil, nil, fmt.Errorf("%q is no JSON: %w", line, err)
		}
		lines = append(lines, v)
	}
	return lines, args, nil
}

// at follows a JSON pointer. A segment KEY=VALUE picks the element of an array in
// which KEY is VALUE.
func at(v any, pointer string) (any, bool) {
	if pointer == "/" || pointer == "" {
		return v, true
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		segment = strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
		switch in := v.(type) {
		case map[string]any:
			member, ok := in[segment]
			if !ok {
				return nil, false
			}
			v = member
		case []any:
			i := slices.IndexFunc(in, func(e any) bool {
				key, value, ok := strings.Cut(segment, "=")
				member, isObject := e.(map[string]any)
				return ok && isObject && asText(member[key]) == value
			})
			if i < 0 {
				var err error
				if i, err = strconv.Atoi(segment); err != nil || i < 0 || i >= len(in) {
					return nil, false
				}
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// asText is a JSON value as a script writes it: a string bare, the rest as JSON.
func asText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

func (s *script) json(negated bool, args []string) error {
	doc, args, err := s.document(args)
	if err != nil {
		return err
	}
	v, ok := at(doc, args[0])
	switch {
	case !ok && negated:
		return nil
	case !ok:
		return fmt.Errorf("there is nothing at %s", args[0])
	case len(args) == 1 && negated:
		return fmt.Errorf("%s is %s", args[0], asText(v))
	case len(args) > 1 && (asText(v) == args[1]) == negated:
		return fmt.Errorf("%s is %s", args[0], asText(v))
	}
	return nil
}

func (s *script) keys(_ bool, args []string) error {
	doc, args, err := s.document(args)
	if err != nil {
		return err
	}
	v, ok := at(doc, args[0])
	object, isObject := v.(map[string]any)
	if !ok || !isObject {
		return fmt.Errorf("%s is no object: %s", args[0], asText(v))
	}
	got, want := slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		return fmt.Errorf("the keys of %s are %v, want %v", args[0], got, want)
	}
	return nil
}

func (s *script) rows(_ bool, args []string) error {
	n := 0
	for line := range strings.Lines(s.stdout) {
		if !json.Valid([]byte(line)) {
			return fmt.Errorf("%q is no JSON", line)
		}
		n++
	}
	if strconv.Itoa(n) != args[0] {
		return fmt.Errorf("%d rows, want %s", n, args[0])
	}
	return nil
}

// ids compares one field of the printed rows with a statement of the script.
func (s *script) ids(_ bool, args []string) error {
	doc, _, err := s.document([]string{"/"})
	if err != nil {
		return err
	}
	if answer, ok := doc.(map[string]any); ok && answer["data"] != nil {
		doc = answer["data"]
	}
	rows, ok := doc.([]any)
	if !ok {
		rows = []any{doc}
	}
	var got []string
	for _, r := range rows {
		v, ok := at(r, args[0])
		if !ok {
			return fmt.Errorf("a row has no %s: %s", args[0], asText(r))
		}
		got = append(got, asText(v))
	}
	want, err := s.query(args[1])
	if err != nil {
		return err
	}
	var first []string
	for _, w := range want {
		first = append(first, w[0])
	}
	if len(first) == 0 {
		return fmt.Errorf("the statement gives no row, so it proves nothing")
	}
	if !slices.Equal(got, first) {
		return fmt.Errorf("%s is\n%q\nwant\n%q", args[0], got, first)
	}
	return nil
}

// answers compares a whole CSV answer with a statement of the script.
func (s *script) answers(_ bool, args []string) error {
	got, err := csv.NewReader(strings.NewReader(s.stdout)).ReadAll()
	if err != nil {
		return err
	}
	want, err := s.query(args[0])
	if err != nil {
		return err
	}
	if len(got) < 2 || len(want) == 0 {
		return fmt.Errorf("no rows, so nothing is proved")
	}
	if !slices.EqualFunc(got[1:], want, slices.Equal) {
		return fmt.Errorf("got\n%q\nwant\n%q", got[1:], want)
	}
	return nil
}

func (s *script) count(_ bool, args []string) error {
	rows, err := s.query(args[1])
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return fmt.Errorf("%d rows, want one", len(rows))
	}
	s.env[args[0]] = rows[0][0]
	return nil
}

// alter makes or changes a database.
func (s *script) alter(_ bool, args []string) error {
	db, err := sql.Open("sqlite", "file:"+s.path(args[0]))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(s.t.Context(), args[1])
	return errors.Join(err, db.Close())
}

// query asks the mirror's file without the program.
func (s *script) query(statement string) ([][]string, error) {
	return queryFile(s.t.Context(), s.env["CIOMIRROR_DB"], statement)
}

func queryFile(ctx context.Context, path, statement string) ([][]string, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return queryDB(ctx, db, statement)
}

// queryer is a database, or one connection to it.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// queryDB is a statement's answer as texts; null is the empty text.
func queryDB(ctx context.Context, db queryer, statement string) ([][]string, error) {
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var answer [][]string
	for rows.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		line := make([]string, len(columns))
		for i, c := range cells {
			line[i] = c.String
		}
		answer = append(answer, line)
	}
	return answer, rows.Err()
}
