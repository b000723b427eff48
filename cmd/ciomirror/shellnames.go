package main

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store"
)

// mirrorNames are what a statement can name, for completion.
type mirrorNames struct {
	kinds  map[string]string   // table or view, by name
	fields map[string][]string // of each
}

func (n mirrorNames) of(kind string) []string {
	var all []string
	for name, k := range n.kinds {
		if k == kind {
			all = append(all, name)
		}
	}
	// What was before comes last: people look for the entities.
	history := func(name string) int { return strings.Count(name+"_", "_history_") }
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(history(a)-history(b), cmp.Compare(a, b)) })
	return all
}

// keywords are those of the statements that the mirror answers.
var keywords = []string{
	"select", "from", "where", "group by", "order by", "having", "limit", "offset", "join", "left join", "on", "using",
	"and", "or", "not", "in", "is null", "is not null", "between", "like", "glob", "exists", "distinct", "as", "asc", "desc",
	"case", "when", "then", "else", "end", "with", "recursive", "union all", "filter", "over", "partition by", "explain query plan",
	"count", "sum", "avg", "min", "max", "round", "coalesce", "nullif", "lower", "substr", "instr", "date", "datetime",
	"json_each", "json_extract", "group_concat",
}

// namesIn reads the mirror's tables, views and their fields.
func namesIn(ctx context.Context, r store.Reader) (mirrorNames, error) {
	n := mirrorNames{kinds: map[string]string{}, fields: map[string][]string{}}
	for cells, err := range r.Rows(ctx, sq.Expr(`select m.name, m.type, f.name from sqlite_master m, pragma_table_info(m.name) f
		where m.type in ('table', 'view') and m.name not glob '_*' and m.name not glob 'sqlite_*' and m.name <> 'goose_db_version' order by f.cid`)) {
		if err != nil {
			return n, err
		}
		name, _ := cells[0].(string)
		field, _ := cells[2].(string)
		n.kinds[name], _ = cells[1].(string)
		n.fields[name] = append(n.fields[name], field)
	}
	return n, nil
}

// learnNames reads what can be completed.
func (s *shell) learnNames(ctx context.Context) error {
	m, err := s.a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	s.names, err = namesIn(ctx, m)
	return err
}

var (
	wordAtEnd  = regexp.MustCompile(`[\pL\pN_.-]*$`)
	afterTable = regexp.MustCompile(`(?i)\b(from|join|\.schema)\s+$`)
	word       = regexp.MustCompile(`[\pL\pN_]+`)
)

// complete offers what the word before the cursor may become: head stands before it,
// tail behind. pos counts characters.
func (s *shell) complete(line string, pos int) (head string, offers []string, tail string) {
	runes := []rune(line)
	before, tail := string(runes[:pos]), string(runes[pos:])
	begun := wordAtEnd.FindString(before)
	head = strings.TrimSuffix(before, begun)
	tables := s.names.all()
	var candidates []string
	switch table, field, dotted := strings.Cut(begun, "."); {
	case strings.TrimSpace(head) == "" && s.pending == "" && strings.HasPrefix(begun, "."):
		for _, c := range shellCommands() {
			candidates = append(candidates, c.name)
		}
	case strings.TrimSpace(head) == ".mode":
		for _, f := range formats {
			candidates = append(candidates, string(f))
		}
	case afterTable.MatchString(head):
		candidates = tables
	case dotted:
		head, begun = head+table+".", field
		candidates = s.names.fields[s.meant(table, s.pending+line)]
	default:
		candidates = append(s.names.fieldsOf(s.pending+line), keywords...)
		candidates = append(candidates, tables...)
	}
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), strings.ToLower(begun)) && !slices.Contains(offers, c) {
			offers = append(offers, c)
		}
	}
	return head, offers, tail
}

// meant is the table that a name in the statement stands for: itself, or what it is
// an alias of.
func (s *shell) meant(name, statement string) string {
	if _, ok := s.names.fields[name]; ok {
		return name
	}
	words := word.FindAllString(statement, -1)
	for i, w := range words {
		if _, ok := s.names.fields[w]; !ok {
			continue
		}
		if next := slices.DeleteFunc(slices.Clone(words[i+1:]), func(w string) bool { return strings.EqualFold(w, "as") }); len(next) > 0 && next[0] == name {
			return w
		}
	}
	return ""
}

// fieldsOf are the fields of the tables that a statement names, or of all while it
// names none.
func (n mirrorNames) fieldsOf(statement string) []string {
	var fields, all []string
	for _, table := range n.all() {
		all = append(all, n.fields[table]...)
		if slices.Contains(word.FindAllString(statement, -1), table) {
			fields = append(fields, n.fields[table]...)
		}
	}
	if len(fields) == 0 {
		fields = all
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// all are the tables, then the views.
func (n mirrorNames) all() []string { return append(n.of("table"), n.of("view")...) }
