package page

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"ciomirror/catalog"
)

// Options are what New needs. All but Done, File, Poll, Version and Views are required.
type Options struct {
	Catalog *catalog.Catalog
	Mirror  Mirror
	Journal Journal
	Library Library
	// Exporter makes files of answers; Endings are those that it can make.
	Exporter Exporter
	Endings  []Ending
	// Downloads is how many files are made and sent at a time: fewer than the mirror
	// answers questions at a time, so that one who reads slowly keeps nobody waiting.
	Downloads int
	// Operators are those of a filter, in the order in which to offer them.
	Operators []Operator
	// Views are what SQL can ask besides the entities.
	Views []View
	// Now is the clock.
	Now func() time.Time
	// Log gets what a person cannot be shown: one line for each failed request.
	Log *slog.Logger
	// Poll is how often a live run is looked at; a second when zero.
	Poll time.Duration
	// Done closes when the server is to stop: live views end then. Nil is never.
	Done <-chan struct{}
	// File is the mirror's, for the commands that fill it.
	File string
	// Version of the program, for the foot of the page.
	Version string
}

// Operator compares a field with a value. Words are how a form calls it.
type Operator struct{ Name, Doc, Words string }

// View is a ready-made answer that SQL can select from.
type View struct{ Name, Doc string }

func (o *Options) validate() error {
	var faults []error
	for name, given := range map[string]bool{
		"Catalog": o.Catalog != nil, "Mirror": o.Mirror != nil, "Journal": o.Journal != nil, "Library": o.Library != nil, "Exporter": o.Exporter != nil, "Endings": len(o.Endings) > 0, "Downloads": o.Downloads > 0,
		"Operators": len(o.Operators) > 0, "Now": o.Now != nil, "Log": o.Log != nil,
	} {
		if !given {
			faults = append(faults, fmt.Errorf("no %s", name))
		}
	}
	if o.Poll < 0 {
		faults = append(faults, errors.New("a negative Poll"))
	}
	return errors.Join(faults...)
}

// Page is the handler of all views.
type Page struct {
	o     Options
	links links
	views views
	mux   *http.ServeMux
	// downloads has one element for each file that is being sent.
	downloads chan struct{}
}

// New makes the page. It serves /, /t/…, /go, /sql, /runs…, /diff, /schema and
// /assets/….
func New(o Options) (*Page, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	p := &Page{o: o, links: newLinks(o.Catalog), mux: http.NewServeMux(), downloads: make(chan struct{}, o.Downloads)}
	files, err := newAssets()
	if err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	if p.views, err = newViews(p.functions(files)); err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	p.mux.Handle("GET /assets/", files)
	for pattern, view := range map[string]func(*http.Request) (answer, error){
		"/{$}":                 only(p.home),
		"/t/{entity}/facets":   p.facets,
		"/t/{entity}/columns":  only(p.columns, "_as_of"),
		"/t/{entity}/{key...}": only(p.record, "as_of", "_key"),
		"/go":                  only(p.find, "q"),
		"/sql":                 p.query,
		"/runs":                only(p.runs, "range"),
		"/runs/{id}":           only(p.run),
		"/diff":                only(p.changes, "from", "to", "entity"),
		"/schema":              only(p.schema),
		"/":                    p.nowhere,
	} {
		p.mux.HandleFunc("GET "+pattern, p.show(view))
	}
	p.mux.HandleFunc("GET /t/{entity}", p.tableOrFile)
	for _, e := range o.Endings {
		p.mux.HandleFunc("GET /sql."+e.Name, p.answerFile(e))
	}
	p.mux.HandleFunc("GET /runs/{id}/events", p.events)
	return p, nil
}

// policy lets the browser load what this page serves and nothing else; no script
// and no style can stand in the HTML.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil { // what cannot be read would be left out
		p.show(unreadable)(w, r)
		return
	}
	p.mux.ServeHTTP(w, r)
}

// answer is what a view wants to be shown: data in a template, or another address.
type answer struct {
	view  string // the template's name
	title string
	data  any
	// part: the template alone, without the frame of the page.
	part bool
	// moved is the address to go to instead.
	moved string
	// status of HTTP; 200 when zero.
	status int
}

// frame is what the templates get.
type frame struct {
	Title, View string
	Version     string
	Entities    []*catalog.Entity
	Data        any
}

// show makes a handler of a view. A page is whole or it is an error: nothing is
// written before the template is done.
func (p *Page) show(view func(*http.Request) (answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := view(r)
		if err != nil {
			a = p.failed(r.Context(), err)
		}
		if a.moved != "" {
			http.Redirect(w, r, a.moved, http.StatusSeeOther)
			return
		}
		var b bytes.Buffer
		if err := p.render(&b, a); err != nil {
			p.o.Log.ErrorContext(r.Context(), "a page was not made", "view", a.view, "error", err)
			http.Error(w, "this page could not be made; the log says why", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store") // people's data, and always of now
		w.WriteHeader(cmp.Or(a.status, http.StatusOK))
		_, _ = w.Write(b.Bytes()) // a browser that went away
	}
}

func (p *Page) render(b *bytes.Buffer, a answer) error {
	f := frame{Title: a.title, View: a.view, Version: p.o.Version, Entities: p.o.Catalog.Mirrored(), Data: a.data}
	name := "layout"
	if a.part {
		name = "part"
	}
	return p.views.render(b, a.view, name, f)
}

// failed is the page for an error: what is wrong and what to do next.
func (p *Page) failed(ctx context.Context, err error) answer {
	f := p.problem(ctx, err)
	return answer{view: "problem", title: f.Message, data: f, status: f.Status}
}

// problem is an error as a person meets it. What nobody can do anything about goes
// to the log; it may quote data.
func (p *Page) problem(ctx context.Context, err error) *Problem {
	var f *Problem
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return &Problem{Status: http.StatusGatewayTimeout, Message: "that took too long, and was given up", Hint: "ask for less: a filter on an indexed field, fewer days, a limit"}
	case ctx.Err() != nil:
		return &Problem{Status: 499, Message: "the request was given up"}
	}
	p.o.Log.ErrorContext(ctx, "a request failed", "error", err)
	return &Problem{Status: http.StatusInternalServerError, Message: "something failed here", Hint: "the log of the server says what; ciomirror status tells whether the mirror can be read"}
}

func unreadable(*http.Request) (answer, error) {
	return answer{}, wrong("write ; as %3B and % as %25, or take a link of the page", "the part of the address behind the ? cannot be read")
}

func (p *Page) nowhere(*http.Request) (answer, error) {
	return answer{}, &Problem{Status: http.StatusNotFound, Message: "there is no such page", Hint: "the tables are on the home page; the search in the head finds tables and records"}
}

// mirrored finds the entity of a request.
func (p *Page) mirrored(name string) (*catalog.Entity, error) {
	if e, ok := p.o.Catalog.Entity(name); ok && e.Mirrored() {
		return e, nil
	}
	f := missing("there is no table %q", name)
	f.Hint = "all tables are on the home page"
	return nil, f
}
