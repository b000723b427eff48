package page

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// views are the templates: each view's own, together with the frame and the parts
// that all share.
type views map[string]*template.Template

func newViews(functions template.FuncMap) (views, error) {
	names, err := fs.Glob(files, "templates/view_*.html")
	if err != nil {
		return nil, err
	}
	all := views{}
	for _, name := range names {
		t, err := template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html", name)
		if err != nil {
			return nil, err
		}
		view := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "view_"), ".html")
		all[view] = t
	}
	return all, nil
}

func (v views) render(b *bytes.Buffer, view, name string, data any) error {
	t, ok := v[view]
	if !ok {
		return fmt.Errorf("there is no view %q", view)
	}
	return t.ExecuteTemplate(b, name, data)
}

// functions are what templates can call.
func (p *Page) functions(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset":    a.url,
		"patterns": patterns,
		"when":     func(t time.Time) stamp { return stampOf(t, p.o.Now()) },
		"number":   number[int64],
		"count":    number[int],
		"bytes":    size,
		"took":     took,
		"entity":   func(name string) string { return "/t/" + name },
		"words":    words,
		"visible":  visible,
		"plural":   plural[int64],
		"plurals":  plural[int],
		"add":      func(a, b int) int { return a + b },
		"join":     strings.Join,
		"filling":  p.filling,
	}
}

// filling is a command that writes to the mirror which is served.
func (p *Page) filling(words ...string) string {
	command := strings.Join(append([]string{"ciomirror"}, words...), " ")
	if p.o.File != "" {
		command += " --db " + shell(p.o.File)
	}
	return command
}

// number groups thousands with thin spaces, which every language reads.
func number[N int | int64](n N) string { return grouped(strconv.FormatInt(int64(n), 10)) }

// grouped is number for digits; what is not a whole number stays as it is.
func grouped(digits string) string {
	if strings.Trim(strings.TrimPrefix(digits, "-"), "0123456789") != "" {
		return digits
	}
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func size(n int64) string {
	switch {
	case n < 1e3:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1e6:
		return strconv.FormatFloat(float64(n)/1e3, 'f', 0, 64) + "\u00a0kB"
	case n < 1e9:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + "\u00a0MB"
	}
	return strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64) + "\u00a0GB"
}

// took is a length of time in its two largest units.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// words makes a name readable: campaign_actions are campaign actions.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// stamp is a time for people: how long ago, and exactly.
type stamp struct {
	Words, Exact, Machine string
	Dated                 bool // Words are a date, and no age
}

// recent is how long a time is told as an age. Older ones are told as dates.
const recent = 30 * 24 * time.Hour

func stampOf(t, now time.Time) stamp {
	t = t.UTC()
	s := stamp{Exact: t.Format("Mon 2 Jan 2006 15:04:05 UTC"), Machine: t.Format(time.RFC3339)}
	d := now.Sub(t)
	switch {
	case d < -recent || d > recent:
		s.Words, s.Dated = t.Format("2 Jan 2006"), true
	case d < -time.Second:
		s.Words = "in " + span(-d)
	case d < time.Second:
		s.Words = "now"
	default:
		s.Words = span(d) + " ago"
	}
	return s
}

func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// visible shows control characters as the pictures that Unicode has of them, so that
// nothing in a text acts and nothing hides. Marks that turn the direction of writing
// are named: what stands behind one would be read in another order.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return r
		case r < ' ':
			return '\u2400' + r
		case r == 0x7f:
			return '\u2421'
		case r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0xfeff:
			return '\ufffd'
		}
		return r
	}, s)
}
