package oracle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/internal/oracle"
)

// TestTheProductAnswersAsTheContractSays asks the product and the oracle the same
// random searches on the same random records of every entity. The number of
// searches comes from CIOMIRROR_ORACLE_SEARCHES, the start value, to repeat a
// failure, from CIOMIRROR_ORACLE_START.
func TestTheProductAnswersAsTheContractSays(t *testing.T) {
	searches, start := 6000, uint64(time.Now().UnixNano())
	if testing.Short() {
		searches = 600
	}
	if s := os.Getenv("CIOMIRROR_ORACLE_SEARCHES"); s != "" {
		searches = int(mustParse(t, s))
	}
	if s := os.Getenv("CIOMIRROR_ORACLE_START"); s != "" {
		start = mustParse(t, s)
	}
	t.Logf("start value %d", start)
	c := chance{rand.New(rand.NewPCG(start, 4))}

	asked := map[cell]int{}
	for _, op := range operators {
		for _, column := range columns {
			asked[cell{op, column}] = 0
		}
	}
	refused, found, lenient, failures := 0, 0, 0, 0
	const perWorld = 500 // searches, after which new records are made
	for done := 0; done < searches && failures < 5; {
		w := newWorld(t, done/perWorld%2 == 0)
		for _, e := range w.cat.Mirrored() {
			first := c.records(e, 25+c.IntN(20))
			w.write(t, e, first)
			w.write(t, e, c.again(e, first))
			w.sound(t, e)
		}
		for range min(perWorld, searches-done) {
			done++
			x, e := c.rarest(asked, w)
			if c.in(15) && len(fieldsOf(declared(e), "string")) > 0 {
				x = cell{one(c, "fuzzy", "keyword"), "string"} // of typing errors and the text index there is much to get wrong
			}
			a := asker{c, declared(e), w.records[e.Name]}
			filter := ""
			asked[x]++
			if leaf := a.leaf(x, c.in(6)); x.refused() || c.in(25) {
				filter = "{" + leaf + "}"
			} else {
				leaves := []string{leaf}
				for range c.IntN(4) {
					if y := c.allowed(a.e); !slices.Contains(leaves, y.op) {
						asked[y]++
						leaves = append(leaves, a.leaf(y, false))
					}
				}
				filter = a.tree(leaves)
			}
			typos := a.typos(filter)
			n, err := w.differ(t, a, e, filter, typos)
			if n > 0 && typos != "" {
				lenient++
			}
			switch {
			case err != nil:
				t.Errorf("%v", err)
				failures++
			case n < 0:
				refused++
			case n > 0:
				found++
			}
		}
	}
	t.Logf("%d searches: %d refused by both, %d with an answer, %d of them in spite of typing errors", searches, refused, found, lenient)
	if failures > 0 || searches < 6000 {
		return
	}
	for x, n := range asked {
		if n < 50 {
			t.Errorf("%s on %s was asked %d times only", x.op, x.column, n)
		}
	}
	if found < searches/5 || lenient < searches/50 {
		t.Errorf("only %d of %d searches found a row, %d with typos", found, searches, lenient)
	}
}

func mustParse(t *testing.T, s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rarest is a cell that was asked least, and an entity that has it. What is always
// refused comes less often: there is little to find.
func (c chance) rarest(asked map[cell]int, w *world) (cell, *catalog.Entity) {
	least := cell{}
	for _, op := range operators {
		for _, column := range columns {
			x := cell{op, column}
			if n := asked[x]; least == (cell{}) || n < asked[least] && (!x.refused() || 3*n < 2*asked[least]) {
				least = x
			}
		}
	}
	for {
		e := one(c, w.cat.Mirrored()...)
		if c.in(30) {
			e, _ = w.cat.Entity("things")
		}
		if len(fieldsOf(declared(e), least.column)) > 0 {
			return least, e
		}
	}
}

// allowed is a cell that the entity has and that is not refused.
func (c chance) allowed(e *oracle.Entity) cell {
	for {
		x := cell{one(c, operators...), one(c, columns...)}
		if !x.refused() && len(fieldsOf(e, x.column)) > 0 {
			return x
		}
	}
}

// differ asks one filter in a random order, page by page, and returns how many rows
// both have found, -1 when both refuse, or what differs.
func (w *world) differ(t testing.TB, a asker, e *catalog.Entity, filter, typos string) (int, error) {
	t.Helper()
	query := `{"filter":` + filter
	if s := a.sort(); s != "" {
		query += "," + s
	}
	query += "}"
	names, fields := usual(e), ""
	if !a.in(10) {
		names = a.names(e)
		parts := make([]string, len(names))
		for i, n := range names {
			if parts[i] = quote(n); a.in(50) {
				parts[i] = "[" + parts[i] + "]"
			}
		}
		fields = `,"fields":[` + strings.Join(parts, ",") + `]`
	}
	limit := one(a.chance, 1000, len(a.records)/3+1, len(a.records)/2, len(a.records), 7)
	return w.compare(t, e, query, fields, typos, names, limit)
}

// compare asks a query of both sides. fields and typos are parameters, names what
// fields names.
func (w *world) compare(t testing.TB, e *catalog.Entity, query, fields, typos string, names []string, limit int) (int, error) {
	t.Helper()
	params := func(cursor string) string {
		return fmt.Sprintf(`{"query":%s,"limit":%d%s%s%s}`, query, limit, fields, typos, cursor)
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%s %s\n%s", e.Name, params(""), fmt.Sprintf(format, args...))
	}
	s, refusal := oracle.Parse(declared(e), []byte(params("")))
	var want []string
	var sent []record
	if refusal == nil {
		var rows []oracle.Object
		for _, r := range w.records[e.Name] {
			rows = append(rows, r.seen)
		}
		for _, r := range s.Answer(rows) {
			want = append(want, show(pick(r, names, fields == "")))
		}
		sent = w.records[e.Name]
	}
	var got []string
	for cursor, page := "", 1; ; page++ {
		answer, err := w.asked.Execute(t.Context(), connector.Request{Entity: e.Name, Action: connector.Search, Params: json.RawMessage(params(cursor))})
		if err != nil {
			f, ok := errors.AsType[*connector.Error](err)
			switch {
			case !ok || f.Type != connector.ValidationError:
				return 0, wrong("the product fails: %v", err)
			case refusal == nil:
				return 0, wrong("the product refuses: %v", err)
			}
			return -1, nil
		}
		if refusal != nil {
			return 0, wrong("the oracle refuses: %v", refusal)
		}
		result := object(t, answer.Result)
		data, _ := result.Get("data").([]any)
		for _, row := range data {
			got = append(got, show(row))
		}
		meta, _ := result.Get("meta").(oracle.Object)
		next, more := meta.Get("cursor").(string)
		if meta.Get("has_more") != more || more != (len(want) > page*limit) || more && len(data) != limit {
			return 0, wrong("page %d: %d rows of %d, has_more %v, cursor %v", page, len(data), len(want), meta.Get("has_more"), meta.Get("cursor"))
		}
		if !more {
			break
		}
		cursor = `,"cursor":` + quote(next)
	}
	if !slices.Equal(got, want) {
		return 0, wrong("%s", difference(got, want, sent, e))
	}
	return len(want), nil
}

// difference names the rows that one side has alone, with the records as sent.
func difference(got, want []string, sent []record, e *catalog.Entity) string {
	var b strings.Builder
	alone := func(who string, these, those []string) {
		n := 0
		for _, row := range these {
			if slices.Contains(those, row) {
				continue
			}
			if n++; n > 3 {
				fmt.Fprintf(&b, "and so on\n")
				return
			}
			fmt.Fprintf(&b, "%s alone has %s\n", who, row)
			for _, r := range sent {
				v, _ := oracle.Decode([]byte(row))
				same := true
				for _, k := range e.Key {
					same = same && oracle.Equal(v.(oracle.Object).Get(k), r.seen.Get(k))
				}
				if same {
					fmt.Fprintf(&b, "  sent as %s %s\n", r.parent, r.sent)
				}
			}
		}
	}
	alone("the product", got, want)
	alone("the oracle", want, got)
	if b.Len() == 0 {
		at := 0
		for at < len(got) && at < len(want) && got[at] == want[at] {
			at++
		}
		show := func(rows []string) string {
			return strings.Join(rows[min(at, len(rows)):min(at+4, len(rows))], "\n     ")
		}
		fmt.Fprintf(&b, "another order from row %d on\n got %s\nwant %s", at, show(got), show(want))
	}
	return b.String()
}
