package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ciomirror/catalog"
)

// display is a cell as a table shows it.
func display(cell string) string {
	cell = strings.NewReplacer("\n", " ", "\t", " ").Replace(cell)
	if r := []rune(cell); len(r) > cellWidth {
		cell = string(r[:cellWidth-1]) + "…"
	}
	return strings.TrimSpace(cell)
}

func displayed(rows [][]string) [][]string {
	for _, r := range rows {
		for i := range r {
			r[i] = display(r[i])
		}
	}
	return rows
}

// compare holds a printed table against what the statement says.
func (d *demoRun) compare(s section, head []string, want [][]string) {
	d.t.Helper()
	gotHead, got := s.table()
	if !slices.Equal(gotHead, head) {
		d.t.Errorf("%s: the head is %q, want %q", s.why, gotHead, head)
	}
	if len(want) == 0 {
		d.t.Errorf("%s: the answer is empty, which shows nobody anything", s.why)
	}
	if !slices.EqualFunc(got, displayed(want), slices.Equal) {
		d.t.Errorf("%s: printed\n%q\nthe file says\n%q", s.why, got, want)
	}
}

// checkCampaigns: running, and welcome or birthday as a word of the name, or a step
// that sends text messages.
func (d *demoRun) checkCampaigns(s section) {
	d.compare(s, []string{"id", "name", "type", "updated"}, d.query(`
		select id, name, type, strftime('%%Y-%%m-%%d %%H:%%M', updated, 'unixepoch') from then_campaigns c
		where state = 'running' and (
			' ' || lower(name) || ' ' glob '*[^a-z0-9]welcome[^a-z0-9]*' or
			' ' || lower(name) || ' ' glob '*[^a-z0-9]birthday[^a-z0-9]*' or
			'twilio' in (select json_extract(value, '$.type') from json_each(c.actions)))
		order by updated is null, updated desc, id`))
}

func (d *demoRun) checkTrialSteps(s section) {
	d.compare(s, []string{"campaign_id", "id", "type", "subject"}, d.query(`
		select campaign_id, id, type, subject from then_campaign_actions
		where instr(lower(subject), 'trial') and instr(lower(subject), 'end') order by campaign_id, id`))
}

var sinceDate = regexp.MustCompile(`"created":"(\d{4}-\d\d-\d\d)"`)

func (d *demoRun) checkBounces(s section) {
	date := sinceDate.FindStringSubmatch(s.command)
	// The demo plays yesterday, and looks back a month from there.
	month := d.now.Add(-24*time.Hour).AddDate(0, -1, 0)
	if date == nil || date[1] != month.UTC().Format(time.DateOnly) && date[1] != month.Add(d.took).UTC().Format(time.DateOnly) {
		d.t.Fatalf("the bounces are asked for from %v on, want %s", date, month.Format(time.DateOnly))
	}
	d.compare(s, []string{"created", "recipient", "subject", "failure_message"}, d.query(`
		select strftime('%%Y-%%m-%%d %%H:%%M', created, 'unixepoch'), recipient, subject, failure_message from then_messages
		where created >= strftime('%%s', '%s') + 0 and json_extract(metrics, '$.bounced') > 0
		order by created desc, id limit 5`, date[1]))
}

func (d *demoRun) checkOpenRates(s section) {
	head, got := s.table()
	if want := []string{"name", "delivered", "opened", "open_pct"}; !slices.Equal(head, want) {
		d.t.Errorf("%s: the head is %q, want %q", s.why, head, want)
	}
	type rate struct {
		id, delivered, opened int
		name                  string
	}
	var rates []rate
	for _, r := range d.query(`select id, name,
		(select count(*) from then_messages m where m.campaign_id = c.id and m.type = 'email' and json_extract(m.metrics, '$.delivered') > 0),
		(select count(*) from then_messages m where m.campaign_id = c.id and m.type = 'email' and json_extract(m.metrics, '$.delivered') > 0
			and json_extract(m.metrics, '$.human_opened') > 0)
		from then_campaigns c`) {
		var x rate
		x.name = r[1]
		for i, into := range map[int]*int{0: &x.id, 2: &x.delivered, 3: &x.opened} {
			n, err := strconv.Atoi(r[i])
			if err != nil {
				d.t.Fatal(err)
			}
			*into = n
		}
		if x.delivered > 0 {
			rates = append(rates, x)
		}
	}
	percent := func(x rate) float64 { return math.Round(1000*float64(x.opened)/float64(x.delivered)) / 10 }
	slices.SortFunc(rates, func(a, b rate) int {
		return cmp.Or(cmp.Compare(percent(b), percent(a)), cmp.Compare(a.id, b.id))
	})
	if len(rates) < 3 {
		d.t.Errorf("%s: only %d campaigns sent mail", s.why, len(rates))
	}
	if len(got) != len(rates) {
		d.t.Fatalf("%s: %d rows, want %d:\n%s", s.why, len(got), len(rates), s.answer)
	}
	for i, x := range rates {
		want := []string{display(x.name), fmt.Sprint(x.delivered), fmt.Sprint(x.opened)}
		pct, err := strconv.ParseFloat(got[i][3], 64)
		if err != nil || !slices.Equal(got[i][:3], want) || math.Abs(pct-percent(x)) > 0.001 {
			d.t.Errorf("%s: row %d is %q, want %q %.1f", s.why, i, got[i], want, percent(x))
		}
	}
}

// checkSegments joins in Go what the demo joins in SQL.
func (d *demoRun) checkSegments(s section) {
	name := map[int]string{}
	for _, r := range d.query("select id, name from then_segments") {
		id, err := strconv.Atoi(r[0])
		if err != nil {
			d.t.Fatal(err)
		}
		name[id] = r[1]
	}
	var want [][]string
	feed := func(kind, statement string) {
		for _, r := range d.query("%s", statement) {
			var ids []int
			if r[0] != "" {
				if err := json.Unmarshal([]byte(r[0]), &ids); err != nil {
					d.t.Fatal(err)
				}
			}
			for _, id := range ids {
				if segment, ok := name[id]; ok {
					want = append(want, []string{segment, kind, r[1], r[2]})
				}
			}
		}
	}
	feed("campaign", "select trigger_segment_ids, name, state from then_campaigns")
	feed("newsletter", "select recipient_segment_ids, name, send_state from then_newsletters")
	slices.SortStableFunc(want, func(a, b []string) int { return slices.Compare(a[:3], b[:3]) })
	d.compare(s, []string{"segment", "feeds", "name", "state"}, want)
}

var entityLine = regexp.MustCompile(`^(\w+)  \+(\d+) ~(\d+) -(\d+)$`)

// checkDiff checks the counts of each entity, which rows are listed, and under a
// changed row which fields.
func (d *demoRun) checkDiff(s section) {
	// The key of a row as the demo writes it, and a deleted row's too.
	keys := map[string]string{"campaigns": "id", "campaign_actions": "campaign_id || '/' || id", "newsletters": "id", "segments": "id", "snippets": "name"}
	if got := strings.Fields(s.command); !slices.Equal(got[3:], []string{"campaigns", "campaign_actions", "newsletters", "segments", "snippets"}) {
		d.t.Fatalf("the diff is of %q", got)
	}
	want := map[string][]string{} // entity → lines, as a set
	counts := map[string][3]int{}
	for entity, key := range keys {
		rows := d.query(`select '+', %[2]s from %[1]s where %[2]s not in (select %[2]s from then_%[1]s)
			union all select '-', %[2]s from then_%[1]s where %[2]s not in (select %[2]s from %[1]s)
			union all select '~', k from (select %[2]s as k, _hash from %[1]s) join (select %[2]s as l, _hash as h from then_%[1]s) on k = l where _hash <> h`, entity, key)
		var n [3]int
		for _, r := range rows {
			n[strings.Index("+~-", r[0])]++
			want[entity] = append(want[entity], r[0]+" "+r[1])
			if r[0] == "~" {
				for _, field := range d.changedFields(entity, key, r[1]) {
					want[entity] = append(want[entity], r[1]+": "+field)
				}
			}
		}
		counts[entity] = n
	}
	got := map[string][]string{}
	entity, row := "", ""
	for line := range strings.Lines(strings.TrimSpace(s.answer)) {
		line = strings.TrimRight(line, "\n")
		if m := entityLine.FindStringSubmatch(line); m != nil {
			entity = m[1]
			n := counts[entity]
			if said := m[2:]; !slices.Equal(said, []string{fmt.Sprint(n[0]), fmt.Sprint(n[1]), fmt.Sprint(n[2])}) {
				d.t.Errorf("%s differs by %q, the file says %v (+ ~ -)", entity, said, n)
			}
			continue
		}
		if text, isField := strings.CutPrefix(line, "      "); isField {
			field, values, _ := strings.Cut(text, ": ")
			got[entity] = append(got[entity], row+": "+field)
			d.checkValues(entity, keys[entity], row, field, values)
			continue
		}
		mark, label, _ := strings.Cut(strings.TrimSpace(line), " ")
		row, _, _ = strings.Cut(label, "  ")
		got[entity] = append(got[entity], mark+" "+row)
	}
	for e := range keys {
		slices.Sort(got[e])
		slices.Sort(want[e])
		if !slices.Equal(got[e], want[e]) {
			d.t.Errorf("the diff of %s says %q, the file %q", e, got[e], want[e])
		}
	}
	total := 0
	for _, n := range counts {
		total += n[0] + n[1] + n[2]
	}
	if total == 0 {
		d.t.Error("nothing differs, so the diff proves nothing")
	}
}

// changedFields compares a row of then with the row of now, field by field.
func (d *demoRun) changedFields(entity, key, value string) []string {
	var fields []string
	for _, c := range d.query("select name from pragma_table_info('%s') where name not glob '_[a-z]*' and name <> 'deduplicate_id'", entity) {
		if d.number(`select (select "%[2]s" from %[1]s where %[3]s = '%[4]s' limit 1) is not (select "%[2]s" from then_%[1]s where %[3]s = '%[4]s' limit 1)`,
			entity, c[0], "("+key+") || ''", value) == 1 && !volatile(entity, c[0]) {
			fields = append(fields, c[0])
		}
	}
	return fields
}

// volatile are the fields that move by themselves and are not compared.
func volatile(entity, field string) bool { return entity == "segments" && field == "progress" }

// checkValues compares the two values of a field line with the file where they are
// shown whole.
func (d *demoRun) checkValues(entity, key, row, field, values string) {
	before, after, ok := strings.Cut(values, " → ")
	if !ok {
		d.t.Errorf("%s %s: %s: no two values", entity, row, field)
		return
	}
	for table, shown := range map[string]string{"then_" + entity: before, entity: after} {
		stored := d.query(`select iif("%[1]s" = '', '""', coalesce("%[1]s", '∅')) from %[2]s where (%[3]s) || '' = '%[4]s'`, field, table, key, row)[0][0]
		if seconds, err := strconv.ParseInt(stored, 10, 64); err == nil && strings.Contains(shown, ":") {
			stored = time.Unix(seconds, 0).UTC().Format("2006-01-02 15:04")
		}
		if e, _ := catalog.Default().Entity(entity); e != nil {
			if f, ok := e.Field(field); ok && f.Kind() == catalog.Boolean {
				stored = map[string]string{"0": "false", "1": "true", "∅": "∅"}[stored]
			}
		}
		stored = strings.Join(strings.Fields(stored), " ")
		for part := range strings.SplitSeq(shown, "…") {
			if !strings.Contains(stored, strings.TrimSpace(part)) {
				d.t.Errorf("%s %s: %s is shown as %q, the file has %q", table, row, field, shown, stored)
			}
		}
		if !strings.Contains(shown, "…") && shown != stored {
			d.t.Errorf("%s %s: %s is shown as %q, the file has %q", table, row, field, shown, stored)
		}
	}
}

// checkVersions counts history rows, one statement for each kind.
func (d *demoRun) checkVersions(s section) {
	var want [][]string
	for _, entity := range []string{"campaign_actions", "messages", "newsletters"} {
		for _, change := range []string{"changed", "deleted"} {
			if n := d.number("select count(*) filter (where _change = '%s') from %s_history", change, entity); n > 0 {
				want = append(want, []string{entity, change, fmt.Sprint(n)})
			}
		}
	}
	d.compare(s, []string{"entity", "change", "versions"}, want)
}
