package catalog

import (
	"encoding/json"
	"slices"
	"strings"
)

func compareActions(t comparison, sections []refSection) {
	var search []refParam
	var order []string
	actions := map[string][]refAction{}
	for _, s := range sections {
		if s.chapter != "3" {
			continue
		}
		if strings.HasPrefix(s.title, "context_store_search") {
			for _, row := range refRows(s.lines) {
				search = append(search, refParamsOf(row)...)
			}
		}
		for _, a := range refActions(s) {
			if actions[a.entity] == nil {
				order = append(order, a.entity)
			}
			actions[a.entity] = append(actions[a.entity], a)
		}
	}
	var ours []string
	for _, e := range Default().Entities() {
		if !e.Page {
			continue
		}
		ours = append(ours, e.Name)
		var want, got []string
		for _, a := range actions[e.Name] {
			want = append(want, a.name)
		}
		for _, a := range e.Actions {
			got = append(got, a.Name)
		}
		compareNames(t, e.Name, "actions", want, got)
		for _, r := range actions[e.Name] {
			a, ok := e.Action(r.name)
			if !ok {
				continue
			}
			if a.Name == "context_store_search" {
				r.params = search
			}
			compareAction(t, e, a, r)
		}
	}
	compareNames(t, "the page", "entities", order, ours)
}

func compareAction(t comparison, e *Entity, a Action, r refAction) {
	t.Helper()
	at := e.Name + "." + a.Name
	if a.Method != r.method || a.Path != r.path {
		t.mismatch(at+": call", "%s %s, the reference says %s %s", a.Method, a.Path, r.method, r.path)
	}
	if a.Envelope != r.envelope {
		t.mismatch(at+": envelope", "%q, the reference says %q", a.Envelope, r.envelope)
	}
	if a.Name == "list" {
		if e.List.Path != r.path || e.List.Items != r.envelope || e.List.Paged != r.paged {
			t.mismatch(at+": list", "%+v, the reference says %s, %s, paged %t", e.List, r.path, r.envelope, r.paged)
		}
	}
	var want, got []string
	for _, p := range r.params {
		want = append(want, p.name)
	}
	for _, p := range a.Params {
		if slices.Contains(want, p.Name) || !p.Beyond || !t.excuse(at+" "+p.Name+": beyond") {
			got = append(got, p.Name)
		}
	}
	compareNames(t, at, "parameters", want, got)
	for _, rp := range r.params {
		i := slices.IndexFunc(a.Params, func(p Param) bool { return p.Name == rp.name })
		if i >= 0 {
			compareParam(t, at, a.Params[i], rp)
		}
	}
}

func compareParam(t comparison, action string, p Param, r refParam) {
	t.Helper()
	at := action + " " + p.Name
	if p.Beyond != r.beyond {
		t.mismatch(at+": beyond", "%t, the reference says %t", p.Beyond, r.beyond)
	}
	if p.WireName() != r.wire {
		t.mismatch(at+": wire name", "%q, the reference says %q", p.WireName(), r.wire)
	}
	if r.place != "" && p.In.String() != r.place {
		t.mismatch(at+": place", "%s, the reference says %s", p.In, r.place)
	}
	null := slices.Contains(r.types, "null")
	if p.Null != null {
		t.mismatch(at+": null", "%t, the reference says %v", p.Null, r.types)
	}
	if types := slices.DeleteFunc(slices.Clone(r.types), func(k string) bool { return k == "null" }); len(types) > 0 && !slices.Equal(kindWords(p.Types), types) {
		t.mismatch(at+": types", "%v, the reference says %v", p.Types, types)
	}
	if r.place != "" {
		if !slices.Equal(p.Enum, r.enum) {
			t.mismatch(at+": enum", "%v, the reference says %v", p.Enum, r.enum)
		}
		if string(p.Unit) != r.unit {
			t.mismatch(at+": unit", "%q, the reference says %q", p.Unit, r.unit)
		}
	}
	if r.limits != "" && p.Limits == "" && p.When == "" {
		t.mismatch(at+": limits", "none, the reference says %q", r.limits)
	}
	switch r.required {
	case "yes":
		if !p.Required {
			t.mismatch(at+": required", "false, the reference says yes")
		}
	case "no", "":
		if p.Required || p.When != "" {
			t.mismatch(at+": required", "%t, on %q; the reference says no", p.Required, p.When)
		}
	default: // a condition, in words
		if p.Required || p.When == "" {
			t.mismatch(at+": required", "%t without a condition, the reference says %q", p.Required, r.required)
		}
	}
}

func compareOperations(t comparison, data []byte) {
	var table struct {
		Operations []struct {
			Method, Path, Envelope, Paging string
			Query                          map[string]json.RawMessage
			PageAction                     string `json:"page_action"`
		}
	}
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, op := range table.Operations {
		if op.PageAction == "" {
			continue
		}
		seen[op.PageAction] = true
		name, action, _ := strings.Cut(op.PageAction, ".")
		e, ok := Default().Entity(name)
		if !ok {
			t.Errorf("%s: no such entity", op.PageAction)
			continue
		}
		a, ok := e.Action(action)
		if !ok {
			t.Errorf("%s: no such action", op.PageAction)
			continue
		}
		if a.Method != op.Method || refBare(a.Path) != refBare(op.Path) {
			t.Errorf("%s: %s %s, the table says %s %s", op.PageAction, a.Method, a.Path, op.Method, op.Path)
		}
		if a.Path != op.Path {
			t.mismatch(op.PageAction+": path of operations", "%s, the table says %s", a.Path, op.Path)
		}
		envelope, _, _ := strings.Cut(strings.TrimSuffix(op.Envelope, " or null"), " ")
		envelope = strings.TrimSuffix(envelope, "[]")
		if envelope == "bare" {
			envelope = ""
		}
		if a.Envelope != envelope {
			t.Errorf("%s: envelope %q, the table says %q", op.PageAction, a.Envelope, op.Envelope)
		}
		if a.Name == "list" && e.List.Paged != strings.HasPrefix(op.Paging, "next->start") {
			t.Errorf("%s: paged is %t, the table says %q", op.PageAction, e.List.Paged, op.Paging)
		}
		var want, got []string
		for q := range op.Query {
			want = append(want, q)
		}
		for _, p := range a.Params {
			if p.In != InQuery {
				continue
			}
			got = append(got, p.WireName())
			var enum []string
			if json.Unmarshal(op.Query[p.WireName()], &enum) == nil && !slices.Equal(p.Enum, enum) {
				t.mismatch(op.PageAction+" "+p.Name+": enum of operations", "%v, the table says %v", p.Enum, enum)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		compareNames(t, op.PageAction, "query parameters", want, got)
	}
	for _, e := range Default().Entities() {
		for _, a := range e.Actions {
			if at := e.Name + "." + a.Name; a.Method != "" && !seen[at] {
				t.Errorf("%s: not in the table", at)
			}
		}
	}
}
