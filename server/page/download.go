package page

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Exporter writes whole answers, not only the page that is seen.
type Exporter interface {
	// ExportSearch writes all rows of a search; the limit in its params does not count.
	ExportSearch(ctx context.Context, w io.Writer, ending string, s Search) error
	// ExportQuestion writes the whole answer to a statement.
	ExportQuestion(ctx context.Context, w io.Writer, ending string, q Question) error
	// ExportSaved writes the whole answer of a saved query.
	ExportSaved(ctx context.Context, w io.Writer, ending string, q SavedQuestion) error
}

// Ending is a kind of file, by the ending of its name.
type Ending struct {
	Name string // csv
	Type string // of the content: text/csv
}

// downloadTime is what one download may take.
const downloadTime = 10 * time.Minute

// downloadPause is when to ask again for a file that has to wait for others.
const downloadPause = time.Minute

// fileLink leads to the answer as a file.
type fileLink struct{ Ending, Href string }

// fileLinks are the same address with each ending. The file has all rows, so where
// the page stands in them does not count.
func (p *Page) fileLinks(path, query string) (all []fileLink) {
	for _, e := range p.o.Endings {
		all = append(all, fileLink{e.Name, path + "." + e.Name + query})
	}
	return all
}

// files are the addresses of a table's rows as files.
func (a address) files(p *Page) []fileLink {
	a.Cursor, a.Limit, a.Counted, a.Facets = "", 0, false, nil
	path, query, _ := strings.Cut(a.URL(), "?")
	if query != "" {
		query = "?" + query
	}
	return p.fileLinks(path, query)
}

// ending splits campaigns.csv.
func (p *Page) ending(name string) (string, Ending, bool) {
	base, ext, ok := cutLast(name, ".")
	i := slices.IndexFunc(p.o.Endings, func(e Ending) bool { return e.Name == ext })
	if !ok || i < 0 {
		return name, Ending{}, false
	}
	return base, p.o.Endings[i], true
}

// tableOrFile shows a table, or sends it where the address has an ending.
func (p *Page) tableOrFile(w http.ResponseWriter, r *http.Request) {
	name, ending, ok := p.ending(r.PathValue("entity"))
	if !ok {
		p.show(p.table)(w, r)
		return
	}
	p.send(w, r, name, ending, func(ctx context.Context, out io.Writer) error {
		e, err := p.mirrored(name)
		if err != nil {
			return err
		}
		a, _ := readAddress(e.Name, r.URL.Query())
		a = a.after("").ordered(e)
		if err := a.check(e); err != nil {
			return err
		}
		fields := namesOf(chosen(e, a.Columns))
		s := Search{Entity: e.Name, Params: json.RawMessage(a.params(e, fields)), AsOf: a.AsOf, Named: !isAll(e, fields)}
		return p.o.Exporter.ExportSearch(ctx, out, ending.Name, s)
	})
}

// answerFiles are the addresses of the whole answer to a question as files.
func (p *Page) answerFiles(v *queryView, q url.Values) []fileLink {
	for _, f := range v.Params {
		q.Set("p."+f.Name, f.Value)
	}
	if v.AsOf != "" {
		q.Set("as_of", v.AsOf)
	}
	return p.fileLinks("/sql", "?"+q.Encode())
}

// answerFile sends the whole answer to a question of the query view.
func (p *Page) answerFile(ending Ending) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := "answer"
		if saved := r.URL.Query().Get("saved"); saved != "" {
			name = saved
		}
		p.send(w, r, name, ending, func(ctx context.Context, out io.Writer) error {
			v, err := p.readQuestion(r.URL.Query())
			if err != nil {
				return err
			}
			return p.writeAnswer(ctx, out, ending.Name, &v, paramsIn(r.URL.Query()))
		})
	}
}

// writeAnswer writes the whole answer; to filter JSON with all columns.
func (p *Page) writeAnswer(ctx context.Context, w io.Writer, ending string, v *queryView, given map[string]string) error {
	switch v.Tab {
	case tabSaved:
		values, ready, err := p.readSaved(v, given)
		if err != nil {
			return err
		}
		if !ready {
			return wrong("take a link below the answer: /sql?tab="+tabSaved, "the address names no saved query, or not all that it wants to know")
		}
		return p.o.Exporter.ExportSaved(ctx, w, ending, SavedQuestion{Name: v.name, Given: values, AsOf: v.AsOf})
	case tabFilter:
		e, query, err := p.readFilter(v, given)
		if err != nil {
			return err
		}
		fields, err := json.Marshal(namesOf(columnsOf(e)))
		if err != nil {
			return err
		}
		params := `{"query":` + query + `,"fields":` + string(fields) + `}`
		return p.o.Exporter.ExportSearch(ctx, w, ending, Search{Entity: e.Name, Params: json.RawMessage(params), AsOf: v.AsOf})
	}
	values, err := readStatement(v, given)
	if err != nil {
		return err
	}
	return p.o.Exporter.ExportQuestion(ctx, w, ending, Question{SQL: v.SQL, Given: values, AsOf: v.AsOf})
}

// send writes a file to the browser as its rows come. What fails before the first
// byte is a page that says so; later the connection is cut, so that nobody takes a
// part for the whole.
//
// Each holds a connection to the mirror for as long as the browser reads, so there are
// few at a time.
func (p *Page) send(w http.ResponseWriter, r *http.Request, name string, ending Ending, write func(context.Context, io.Writer) error) {
	select {
	case p.downloads <- struct{}{}:
		defer func() { <-p.downloads }()
	default:
		w.Header().Set("Retry-After", strconv.Itoa(int(downloadPause.Seconds())))
		p.show(func(*http.Request) (answer, error) {
			return answer{}, &Problem{Status: http.StatusServiceUnavailable, Message: "other files are being sent, as many as are sent at a time",
				Hint: "try again in a minute, or let the command line write the file: ciomirror export"}
		})(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), downloadTime)
	defer cancel()
	_ = http.NewResponseController(w).SetWriteDeadline(p.o.Now().Add(downloadTime)) // a server without deadlines needs none
	file := &sentFile{w: w, head: r.Method == http.MethodHead, header: map[string]string{
		"Content-Type": ending.Type, "Cache-Control": "no-store",
		"Content-Disposition": mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + ending.Name}),
	}}
	err := write(ctx, file)
	switch {
	case err == nil:
		file.begin() // an answer may have no bytes
	case file.begun && file.head:
	case file.begun:
		if r.Context().Err() == nil { // a browser that goes away is no fault
			p.o.Log.ErrorContext(ctx, "a download was cut", "error", err)
		}
		panic(http.ErrAbortHandler)
	default:
		p.show(func(*http.Request) (answer, error) { return answer{}, err })(w, r)
	}
}

// sentFile sets the headers of a file when its first byte comes.
type sentFile struct {
	w      http.ResponseWriter
	header map[string]string
	head   bool // the headers alone are wanted
	begun  bool
}

// errHead ends the writing of a file of which nobody wants the bytes.
var errHead = errors.New("a HEAD request has no body")

func (f *sentFile) begin() {
	if f.begun {
		return
	}
	f.begun = true
	for name, value := range f.header {
		f.w.Header().Set(name, value)
	}
}

// Write implements io.Writer.
func (f *sentFile) Write(b []byte) (int, error) {
	f.begin()
	if f.head {
		return 0, errHead
	}
	return f.w.Write(b)
}
