package main

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ciomirror/catalog"
	"ciomirror/export"
	"ciomirror/server/page"
)

// slow is a browser that does not read before it is let go.
type slow struct {
	*httptest.ResponseRecorder
	began chan<- struct{}
	goOn  <-chan struct{}
}

func (s slow) Write(b []byte) (int, error) {
	s.began <- struct{}{}
	<-s.goOn
	return s.ResponseRecorder.Write(b)
}

// However slowly files are read, the page still answers, and says when there are too
// many of them.
func TestSlowDownloadsLeaveRoomForOthers(t *testing.T) {
	v := newVisitor(t, "campaigns")
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan int)
	for range pageDownloads() {
		go func() {
			w := slow{httptest.NewRecorder(), began, goOn}
			v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/t/campaigns.csv", nil))
			ended <- w.Code
		}()
		<-began
	}
	v.see("/")
	v.see("/t/campaigns/1")
	w := v.download("/sql.csv?sql=select+1")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "ciomirror export") || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("one more file: %d %v %s", w.Code, w.Header(), w.Body)
	}
	close(goOn)
	go func() {
		for range began { // further pieces of the files
		}
	}()
	for range pageDownloads() {
		if code := <-ended; code != http.StatusOK {
			t.Errorf("a slow download: %d", code)
		}
	}
	close(began)
	if w := v.download("/sql.csv?sql=select+1+as+a"); w.Body.String() != "a\n1\n" {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}

// A file that would fill the disk is refused before it begins, with the command that
// writes it.
func TestATooLargeDownloadNamesTheCommand(t *testing.T) {
	v := newVisitor(t, "campaigns")
	a := &app{now: v.sim.Now}
	a.settings.DB = filepath.Join(t.TempDir(), "mirror.db")
	m := &pageMirror{a: a, open: v.open, mostScratch: 100}
	search := page.Search{Entity: "campaigns", Params: []byte(`{"query":{},"fields":["id","name"]}`)}
	for want, err := range map[string]error{
		"ciomirror export campaigns --to campaigns.parquet": m.ExportSearch(t.Context(), io.Discard, "parquet", search),
		"ciomirror export --sql":                            m.ExportQuestion(t.Context(), io.Discard, "parquet", page.Question{SQL: "select name from campaigns"}),
	} {
		p, ok := errors.AsType[*page.Problem](err)
		if !ok || p.Status != http.StatusRequestEntityTooLarge || !strings.Contains(p.Hint, want) {
			t.Errorf("the error is %v, want one that names %s", err, want)
		}
	}
	if err := m.ExportSearch(t.Context(), io.Discard, "csv", search); err != nil {
		t.Errorf("csv sets nothing aside: %v", err)
	}
}

// A table's rows can be had with all that is known of them.
func TestADownloadCanHaveAllColumns(t *testing.T) {
	v := newVisitor(t, "messages")
	var every string
	for n := range v.see("/t/messages?type=email").Descendants() {
		if n.Data == "p" && strings.HasPrefix(textOf(n), "All rows, all columns:") {
			every = linked(n, "csv")
		}
	}
	head, err := csv.NewReader(v.download(every).Body).Read()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := catalog.Default().Entity("messages")
	if want := export.Fields(e); !slices.Equal(head, want) {
		t.Errorf("%s has %v, want %v", every, head, want)
	}
	if got := linked(v.see("/t/messages"), "Show all"); got != "/t/messages?_cols=%2A&_sort=-created" {
		t.Errorf("the table with all columns is at %q", got)
	}
	root := v.see("/t/messages?_cols=*", "metric opened")
	if text := textOf(root); strings.Contains(text, "these columns") || strings.Contains(text, "Show all") {
		t.Errorf("there are more than all columns: %s", text)
	}
}

// A HEAD request reads no more than the first rows, and a place in the rows is no
// question of a file.
func TestADownloadIsTheWholeFileOrItsHead(t *testing.T) {
	v := newVisitor(t, "campaigns")
	whole := v.download("/t/campaigns.csv?_sort=name")
	after, err := url.Parse(linked(v.see("/t/campaigns?_limit=3&_sort=name"), "next page"))
	if err != nil {
		t.Fatal(err)
	}
	if again := v.download("/t/campaigns.csv?" + after.RawQuery); again.Body.String() != whole.Body.String() {
		t.Errorf("from the middle of the rows the file has %d bytes of %d", again.Body.Len(), whole.Body.Len())
	}
	for link, code := range map[string]int{"/t/campaigns.csv": http.StatusOK, "/t/campaigns.parquet": http.StatusOK, "/t/campaigns.csv?stat=x": http.StatusBadRequest} {
		w := httptest.NewRecorder()
		v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, link, nil))
		if w.Code != code || code == http.StatusOK && (w.Body.Len() > 0 || w.Header().Get("Content-Disposition") == "") {
			t.Errorf("HEAD %s: %d %v, %d bytes", link, w.Code, w.Header(), w.Body.Len())
		}
	}
}
