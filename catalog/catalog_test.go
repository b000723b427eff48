package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestDefaultIsSound(t *testing.T) {
	c, err := New(customerio()...)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range c.Entities() {
		if !strings.HasSuffix(e.Doc, ".") {
			t.Errorf("%s: the doc %q is no sentence", e.Name, e.Doc)
		}
		if e.Parent != nil && !seen[e.Parent.Entity] {
			t.Errorf("%s: stands before its parent %s", e.Name, e.Parent.Entity)
		}
		seen[e.Name] = true
		if e.Parent == nil && strings.Contains(e.List.Path, "{") {
			t.Errorf("%s: list path %q needs a parent", e.Name, e.List.Path)
		}
		if e.Mirrored() == (len(e.Shown) == 0) {
			t.Errorf("%s: a table for people shows %v", e.Name, e.Shown)
		}
		if e.Mirrored() == (len(e.Result) > 0) {
			t.Errorf("%s: wants either a list or a result", e.Name)
		}
		if e.List.Size > 0 && !e.List.Paged {
			t.Errorf("%s: a page size, but no pages", e.Name)
		}
		for _, f := range slices.Concat(e.Fields, e.Result) {
			checkField(t, e, f)
		}
		for _, a := range e.Actions {
			checkAction(t, e, a)
		}
	}
}

func checkField(t *testing.T, e *Entity, f Field) {
	t.Helper()
	checkLine(t, e.Name+"."+f.Name, f.Doc)
	// The rule for dates is one for all: 0 means never wherever null is legal.
	if want := f.Unit == UnixSeconds && !f.Is(NotNull); f.Is(ZeroIsNever) != want {
		t.Errorf("%s.%s: ZeroIsNever is %t, want %t", e.Name, f.Name, !want, want)
	}
	if f.Name == "headers" && !f.Is(NameValueList) {
		t.Errorf("%s.headers: is not normalised to an array", e.Name)
	}
	if f.Is(FromParent) && (e.Parent == nil || e.Parent.Field != f.Name) {
		t.Errorf("%s.%s: is to be filled from the parent, but is not the parent's key", e.Name, f.Name)
	}
	if f.Is(Listed) && !e.Page || f.Is(Hosted) && !e.HostedStore {
		t.Errorf("%s.%s: marked %b, which its entity is not", e.Name, f.Name, f.Marks)
	}
	for _, alias := range f.Aliases {
		for _, g := range e.Fields {
			if g.Name != f.Name && slices.Contains(g.Aliases, alias) {
				t.Errorf("%s: %s and %s both claim the key %s", e.Name, f.Name, g.Name, alias)
			}
		}
	}
}

// Each index is paid for at every write, so each says what for.
func TestEveryIndexNamesItsQuery(t *testing.T) {
	for _, e := range Default().Entities() {
		var marked, told []string
		for _, f := range e.Fields {
			if f.Is(Indexed) {
				marked = append(marked, f.Name)
			}
		}
		for _, i := range e.Indexes {
			told = append(told, i.Field)
			checkLine(t, e.Name+" index "+i.Field, i.Serves)
		}
		slices.Sort(marked)
		slices.Sort(told)
		if !slices.Equal(marked, told) {
			t.Errorf("%s: marked as indexed are %v, and queries are named for %v", e.Name, marked, told)
		}
	}
}

func checkAction(t *testing.T, e *Entity, a Action) {
	t.Helper()
	name := e.Name + "." + a.Name
	if !strings.HasSuffix(a.Doc, ".") {
		t.Errorf("%s: the doc %q is no sentence", name, a.Doc)
	}
	if (a.Effect == Reads) != (a.Method == "GET" || a.Method == "") {
		t.Errorf("%s: %s %q", name, a.Method, a.Effect)
	}
	if (a.Effect == Reads) != (a.Shown == "") {
		t.Errorf("%s: it is shown %q", name, a.Shown)
	}
	if paged := a.Name == "list" && e.List.Paged; paged != (a.Page > 0) || paged != (a.Order != "") {
		t.Errorf("%s: %d records a page by %q, and paged is %t", name, a.Page, a.Order, paged)
	}
	if a.Name == "get" || a.Chosen != "" {
		checkKeyInPath(t, e, a)
	}
	for _, p := range a.Params {
		checkLine(t, name+" "+p.Name, p.Doc)
		if p.Limits != "" {
			checkLine(t, name+" "+p.Name+" limits", p.Limits)
		}
		if len(p.Types) == 0 || p.In == 0 {
			t.Errorf("%s: parameter %s lacks a type or a place", name, p.Name)
		}
		if p.Required && p.When != "" {
			t.Errorf("%s: parameter %s is required, and on a condition", name, p.Name)
		}
		if (p.In == InStore) != (a.Method == "") {
			t.Errorf("%s: parameter %s is in the %s of a %q request", name, p.Name, p.In, a.Method)
		}
		if p.In == InBody && a.Method == "GET" {
			t.Errorf("%s: parameter %s is in the body of a GET", name, p.Name)
		}
		if parent, _, ok := strings.Cut(p.Name, "."); ok {
			if !slices.ContainsFunc(a.Params, func(q Param) bool { return q.Name == parent && q.In == p.In }) {
				t.Errorf("%s: parameter %s has no %s around it", name, p.Name, parent)
			}
		}
	}
}

// checkKeyInPath: the path's parameters are the record's key in its order, which is
// how the mirror finds the record that is meant.
func checkKeyInPath(t *testing.T, e *Entity, a Action) {
	t.Helper()
	n := 0
	for _, p := range a.Params {
		if p.In == InPath {
			n++
		}
	}
	if n != len(e.Key) {
		t.Errorf("%s.%s: %d parameters in the path for the key %v", e.Name, a.Name, n, e.Key)
	}
}

func checkLine(t *testing.T, what, doc string) {
	t.Helper()
	if doc == "" || strings.ContainsAny(doc, "\n\t") || strings.HasSuffix(doc, ".") || strings.TrimSpace(doc) != doc {
		t.Errorf("%s: doc %q is not one line without a full stop", what, doc)
	}
}

// The marks and lists that steer the sync and the store, where a slip would lose
// data in silence rather than fail.
func TestMarksThatSteerTheSync(t *testing.T) {
	marked := map[Mark][]string{}
	names := map[Mark]string{Volatile: "Volatile", FromParent: "FromParent", FromMirror: "FromMirror", Upper: "Upper", Indexed: "Indexed"}
	c := Default()
	var incomplete []string
	for _, e := range c.Mirrored() {
		if !e.List.Complete {
			incomplete = append(incomplete, e.Name)
		}
		for _, f := range e.Fields {
			for m := range names {
				if f.Is(m) {
					marked[m] = append(marked[m], e.Name+"."+f.Name)
				}
			}
		}
	}
	want := map[Mark][]string{
		Volatile: {"segments.progress", "exports.downloads", "workspaces.people", "workspaces.messages_sent",
			"workspaces.billable_messages_sent", "workspaces.object_types", "workspaces.objects"},
		FromParent: {"transactional_message_contents.transactional_id"},
		FromMirror: {"messages.transactional_id"},
		Upper:      {"campaign_actions.request_method", "broadcast_actions.request_method"},
		Indexed: {"messages.created", "messages.customer_id", "messages.campaign_id", "messages.newsletter_id", "messages.broadcast_id",
			"messages.action_id", "messages.recipient", "messages.transactional_id",
			"activities.type", "activities.timestamp", "activities.customer_id", "activities.delivery_id"},
	}
	for m, name := range names {
		if !slices.Equal(marked[m], want[m]) {
			t.Errorf("%s:\n got %v\nwant %v", name, marked[m], want[m])
		}
	}
	if want := []string{"messages", "activities"}; !slices.Equal(incomplete, want) {
		t.Errorf("lists that show no deletion: %v, want %v", incomplete, want)
	}
	keys := map[string]string{
		"campaign_actions": "campaign_id,id", "broadcast_actions": "broadcast_id,id", "newsletter_contents": "newsletter_id,id",
		"transactional_message_contents": "transactional_id,id", "snippets": "name",
	}
	for _, e := range c.Mirrored() {
		want := keys[e.Name]
		if want == "" {
			want = "id"
		}
		if got := strings.Join(e.Key, ","); got != want {
			t.Errorf("%s: key %s, want %s", e.Name, got, want)
		}
	}
}

func TestBroadcastActionsMirrorCampaignActions(t *testing.T) {
	c := Default()
	ours, _ := c.Entity("broadcast_actions")
	theirs, _ := c.Entity("campaign_actions")
	var want []string
	for _, f := range theirs.Fields {
		switch f.Name {
		case "campaign_id":
			want = append(want, "broadcast_id")
		case "broadcast_id":
		default:
			want = append(want, f.Name)
		}
	}
	var got []string
	for _, f := range ours.Fields {
		got = append(got, f.Name)
		if f.Is(Listed) || f.Is(Hosted) {
			t.Errorf("%s is marked as if the page had broadcast actions", f.Name)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields\n got %v\nwant %v", got, want)
	}
	if f, _ := theirs.Field("body"); !f.Is(Listed | Hosted) {
		t.Error("making broadcast_actions took the marks from campaign_actions")
	}
}

func TestDefaultSharesNothing(t *testing.T) {
	a, b := Default(), Default()
	for i, e := range a.Entities() {
		for j := range e.Fields {
			e.Fields[j].Types[0] = Any
			e.Fields[j].Marks = 0
		}
		for _, x := range e.Actions {
			for j := range x.Params {
				x.Params[j].Types[0] = Any
			}
		}
		other := b.Entities()[i]
		for _, f := range other.Fields {
			if f.Kind() == Any && f.Name != "expires_after" {
				t.Fatalf("%s.%s: two catalogs share a field", e.Name, f.Name)
			}
		}
		for _, x := range other.Actions {
			for _, p := range x.Params {
				if p.Types[0] == Any {
					t.Fatalf("%s.%s: two catalogs share parameter %s", e.Name, x.Name, p.Name)
				}
			}
		}
	}
}

// shop is a small sound catalog for the tests of faults to break.
func shop() []*Entity {
	id := Field{Name: "id", Types: []Kind{Integer}, Doc: "number"}
	return []*Entity{
		{Name: "orders", Key: []string{"id"}, Fields: []Field{id, {Name: "at", Types: []Kind{Integer}, Doc: "when"}, {Name: "sums", Types: []Kind{Object}, Doc: "sums"}},
			Derived:     []Derived{{Name: "sum_net", From: "sums", Key: "net"}},
			List:        List{Path: "/orders", Items: "orders", Window: &Window{Field: "at", From: "a", To: "b", MaxDays: 1}},
			Attribution: &Attribution{By: "shops", Path: "/shops/{shop}/orders", Param: "shop", Field: "at"},
			Actions:     []Action{{Name: "get", Method: "GET", Path: "/orders/{order}", Params: []Param{{Name: "order", Types: []Kind{Integer}, In: InPath}}}}},
		{Name: "lines", Key: []string{"order", "id"}, Fields: []Field{id, {Name: "order", Types: []Kind{Integer}, Doc: "of"}},
			Parent: &Parent{Entity: "orders", Param: "order", Field: "order"},
			List:   List{Path: "/orders/{order}/lines", Items: "lines", Complete: true}},
		{Name: "shops", Key: []string{"id"}, Fields: []Field{id}, List: List{Path: "/shops", Items: "shops", Complete: true}},
	}
}

func TestNewRefusesEachFault(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(orders, lines *Entity)
		want  string
	}{
		{"entity twice", func(o, l *Entity) { l.Name = "orders" }, "orders: declared twice"},
		{"shown column", func(o, l *Entity) { o.Shown = []string{"id", "nothing"} }, `orders: shown column "nothing" does not exist`},
		{"reference", func(o, l *Entity) { o.Fields[1].Refers = []string{"customers"} }, `refers to "customers", which is no entity with a key`},
		{"field twice", func(o, l *Entity) { o.Fields[1].Name = "id" }, `orders: column "id" declared twice`},
		{"field without a type", func(o, l *Entity) { o.Fields[0].Types = nil }, `orders: field "id" has no type`},
		{"field without a doc", func(o, l *Entity) { o.Fields[0].Doc = "" }, `orders: field "id" has no doc`},
		{"derived column named as a field", func(o, l *Entity) { o.Derived[0].Name = "at" }, `orders: column "at" declared twice`},
		{"derived from nothing", func(o, l *Entity) { o.Derived[0].From = "nosuch" }, `"sum_net" is made from "nosuch", which is no object field`},
		{"derived from a number", func(o, l *Entity) { o.Derived[0].From = "at" }, `"sum_net" is made from "at", which is no object field`},
		{"no key", func(o, l *Entity) { o.Key = nil }, "orders: has a list but no key"},
		{"no envelope key", func(o, l *Entity) { o.List.Items = "" }, "orders: has a list but no envelope key"},
		{"key on no field", func(o, l *Entity) { o.Key = []string{"number"} }, `orders: key field "number" does not exist`},
		{"window on no field", func(o, l *Entity) { o.List.Window.Field = "nosuch" }, `orders: window field "nosuch" does not exist`},
		{"parent's key on no field", func(o, l *Entity) { l.Parent.Field = "nosuch" }, `lines: parent field "nosuch" does not exist`},
		{"path without the parent's id", func(o, l *Entity) { l.List.Path = "/lines" }, `lines: list path "/lines" lacks {order}`},
		{"unknown parent", func(o, l *Entity) { l.Parent.Entity = "nosuch" }, `lines: parent "nosuch" does not exist`},
		{"own parent", func(o, l *Entity) { l.Parent.Entity = "lines" }, "lines: is its own ancestor"},
		{"parents in a ring", func(o, l *Entity) {
			o.Parent = &Parent{Entity: "lines", Param: "line", Field: "at"}
			o.List.Path = "/lines/{line}/orders"
		}, "orders: is its own ancestor"},
		{"feed on no field", func(o, l *Entity) { l.List.Complete, l.List.Feed = false, &Feed{Field: "nosuch"} }, `lines: feed field "nosuch" does not exist`},
		{"list of no kind", func(o, l *Entity) { l.List.Complete = false }, "lines: a list is complete, or windowed, or a feed"},
		{"list of two kinds", func(o, l *Entity) { o.List.Complete = true }, "orders: a list is complete, or windowed, or a feed"},
		{"attribution to no field", func(o, l *Entity) { o.Attribution.Field = "nosuch" }, `orders: attribution field "nosuch" does not exist`},
		{"attribution by nothing", func(o, l *Entity) { o.Attribution.By = "nosuch" }, `orders: attribution is by "nosuch"`},
		{"attribution without its id", func(o, l *Entity) { o.Attribution.Path = "/orders" }, `orders: attribution path "/orders" lacks {shop}`},
		{"attribution of a list without windows", func(o, l *Entity) { o.List.Window, o.List.Complete = nil, true }, "orders: attribution needs a windowed list"},
		{"parameter twice", func(o, l *Entity) { o.Actions[0].Params = append(o.Actions[0].Params, o.Actions[0].Params[0]) },
			`orders: get: parameter "order" declared twice`},
		{"parameter not in the path", func(o, l *Entity) { o.Actions[0].Path = "/orders" }, `orders: get: path "/orders" lacks {order}`},
		{"path parameter not declared", func(o, l *Entity) { o.Actions[0].Path = "/orders/{order}/{at}" },
			"orders: get: path parameter {at} is not declared"},
		{"group of nothing", func(o, l *Entity) { o.Actions[0].Groups = []Group{{Of: []string{"nosuch"}, Max: 1}} },
			`orders: get: a group names the parameter "nosuch"`},
		{"total of nothing", func(o, l *Entity) { o.Actions[0].Totals = []Total{{Of: []string{"nosuch"}, Max: 1}} },
			`orders: get: a total names the parameter "nosuch"`},
		{"required unless nothing", func(o, l *Entity) { o.Actions[0].Params[0].Unless = []string{"nosuch"} }, `orders: get: order names the parameter "nosuch"`},
		{"sent with nothing", func(o, l *Entity) { o.Actions[0].Params[0].With = []string{"nosuch"} }, `orders: get: order names the parameter "nosuch"`},
		{"record chosen by nothing", func(o, l *Entity) { o.Actions[0].Chosen = "nosuch" }, `orders: get: Chosen names the parameter "nosuch"`},
		{"act on no field", func(o, l *Entity) { o.Actions[0].Params[0].On = "nosuch" }, `orders: get: parameter "order" acts on field "nosuch"`},
		{"order by no field", func(o, l *Entity) { o.Actions[0].Order = "-nosuch" }, `orders: get: ordered by "-nosuch"`},
		{"example that is no JSON", func(o, l *Entity) { o.Actions[0].Params[0].Example = "{" }, `orders: get: the example of "order" is no JSON`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			es := shop()
			if _, err := New(es...); err != nil {
				t.Fatalf("the sound catalog: %v", err)
			}
			tt.spoil(es[0], es[1])
			c, err := New(es...)
			if err == nil {
				t.Fatal("accepted")
			}
			if c != nil {
				t.Error("a catalog beside the error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestNewReportsAllFaultsAtOnce(t *testing.T) {
	es := shop()
	es[0].Key = nil
	es[1].List.Items = ""
	es[1].Fields[0].Doc = ""
	_, err := New(es...)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"orders: has a list but no key", "lines: has a list but no envelope key", `lines: field "id" has no doc`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
}

// TestWhatIsWrittenDownIsNotPersonal: the log of actions has plain parameters as they
// are, so none may be a field about people, nor a longer text.
func TestWhatIsWrittenDownIsNotPersonal(t *testing.T) {
	for _, e := range Default().Entities() {
		for _, a := range e.Actions {
			for _, p := range a.Params {
				name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
				f, ok := e.Field(name)
				if p.Plain && (ok && f.Is(Personal) || slices.Contains([]string{"description", "body", "subject", "value", "url", "endpoint"}, name)) {
					t.Errorf("%s of %s: %s is plain", a.Name, e.Name, p.Name)
				}
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	for v, want := range map[string]Kind{
		`{}`: Object, `[1.5]`: Array, `"true"`: String, `"1"`: String, `true`: Boolean, `false`: Boolean, `null`: 0,
		`0`: Integer, `-12345678901234567890`: Integer, `1.5`: Number, `1e30`: Number, `-1E-7`: Number,
	} {
		if got := KindOf(v); got != want || KindOf([]byte(v)) != want {
			t.Errorf("%s is %d, want %d", v, got, want)
		}
	}
}
