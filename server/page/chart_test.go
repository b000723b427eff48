package page

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ciomirror/catalog"
)

func bars(series_, labels int) chart {
	c := chart{Title: "<b>rows</b>"}
	for i := range labels {
		c.Labels = append(c.Labels, "<script>"+strconv.Itoa(i))
	}
	for i := range series_ {
		s := series{Name: `"onload=` + strconv.Itoa(i)}
		for j := range labels {
			s.Values = append(s.Values, float64(i*j+1))
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// The page's policy lets no style through, and a label is text.
func TestChartsHaveClassesAndNoStyles(t *testing.T) {
	for _, c := range []chart{bars(1, 3), bars(3, 7), bars(12, 2), {Title: "line", Labels: []string{"a", "b"}, Series: []series{{"s", []float64{1, 2}}}, Line: true},
		{Title: "lying", Labels: []string{"<i>", "b"}, Series: []series{{"s", []float64{1, 2}}}, Lying: true}} {
		v, err := pageAt(noon).draw(c)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(string(v.SVG)))
		painted := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s is no XML: %v", c.Title, err)
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			if !slices.Contains([]string{"svg", "path", "text", "circle", "g"}, e.Name.Local) {
				t.Errorf("%s has an element %s", c.Title, e.Name.Local)
			}
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Errorf("%s has %s=%q", c.Title, a.Name.Local, a.Value)
				}
				if strings.HasPrefix(a.Value, "url(#series-") || strings.HasPrefix(a.Value, "ink-line") {
					painted++
				}
			}
		}
		if painted == 0 {
			t.Errorf("%s shows no series", c.Title)
		}
		if len(v.Series) > mostSeries {
			t.Errorf("%s has %d series", c.Title, len(v.Series))
		}
	}
}

// A bar is as long as its figure only if it begins at nought.
func TestAxesHaveANought(t *testing.T) {
	for _, values := range [][]float64{{5, 7}, {-5, -7}} {
		v, err := pageAt(noon).draw(chart{Title: "x", Lying: true, Labels: []string{"a", "b"}, Series: []series{{"s", values}}})
		if err != nil || !strings.Contains(string(v.SVG), ">0</text>") {
			t.Errorf("%v: %v, %s", values, err, v.SVG)
		}
	}
}

func TestWhatIsJoinedKeepsItsSum(t *testing.T) {
	c := bars(12, 4)
	for i := range c.Labels {
		var before, after float64
		for _, s := range c.Series {
			before += s.Values[i]
		}
		for _, s := range c.few().Series {
			after += s.Values[i]
		}
		if before != after {
			t.Errorf("bar %d was %g and is %g", i, before, after)
		}
	}
}

func TestForeignElementsAreRefused(t *testing.T) {
	for _, svg := range []string{`<svg><script>x</script></svg>`, `<svg><image href="http://x"/></svg>`, `<svg><svg/></svg>`} {
		if got, err := dressed(svg, 10, "x"); err == nil {
			t.Errorf("%s became %s", svg, got)
		}
	}
}

func TestSparksTellTheirFigures(t *testing.T) {
	if s := newSpark([]int64{0, 0}); s.Bars != "" {
		t.Errorf("nothing is drawn as %q", s.Bars)
	}
	s := newSpark([]int64{0, 1, 7, 14})
	if s.Bars != "·▂▅█" || !strings.HasSuffix(s.Label, ": 0, 1, 7, 14") {
		t.Errorf("%q %q", s.Bars, s.Label)
	}
}

// answerOf is an answer whose columns are texts and numbers.
func answerOf(p *Page, columns []string, rows ...[]any) queryView {
	var v queryView
	for i, name := range columns {
		c := column{Name: name}
		if allNumbers(rows, i) {
			c.Kind = catalog.Number
		}
		v.Columns = append(v.Columns, c)
	}
	for _, row := range rows {
		var line tableRow
		for i, value := range row {
			line.Cells = append(line.Cells, p.valueOf(v.Columns[i], value))
		}
		v.Rows = append(v.Rows, line)
	}
	return v
}

func TestAnAnswerIsDrawnByWhatItsColumnsAre(t *testing.T) {
	p := pageAt(noon)
	p.o.Catalog = catalog.Default()
	for name, c := range map[string]struct {
		v     queryView
		title string
		axes  axes
		rows  [][]string
	}{
		"an id is no figure": {
			answerOf(p, []string{"name", "campaign_id", "updated", "sent"}, []any{"a", int64(7), int64(1790000000), int64(5)}, []any{"b", int64(8), int64(1790000000), int64(6)}),
			"sent by name", axes{"name", "sent"}, [][]string{{"a", "5"}, {"b", "6"}},
		},
		"rows of one week are told apart": {
			answerOf(p, []string{"week", "type", "n"}, []any{"W1", "email", int64(1)}, []any{"W1", "push", int64(2)}, []any{"W2", "email", int64(3)}),
			"n by week and type", axes{"week", "n"}, [][]string{{"W1", "1", "2"}, {"W2", "3", "0"}},
		},
		"and added up where nothing tells them apart": {
			answerOf(p, []string{"week", "n"}, []any{"W1", int64(1)}, []any{"W1", int64(2)}, []any{"W2", int64(3)}),
			"sum of n by week", axes{"week", "n"}, [][]string{{"W1", "3"}, {"W2", "3"}},
		},
	} {
		drawn, err := p.chartOf(&c.v)
		if err != nil || drawn == nil {
			t.Fatal(name, err)
		}
		if drawn.Title != c.title || c.v.Axes != c.axes || !slices.EqualFunc(drawn.Rows(), c.rows, slices.Equal) || drawn.Note != "" {
			t.Errorf("%s: %q %+v %v %q", name, drawn.Title, c.v.Axes, drawn.Rows(), drawn.Note)
		}
	}
	ids := answerOf(p, []string{"name", "id"}, []any{"a", int64(7)}, []any{"b", int64(8)})
	if drawn, err := p.chartOf(&ids); drawn != nil || err != nil {
		t.Errorf("ids are drawn: %v %v", drawn, err)
	}
}

func TestAChartSaysWhatItLeavesOut(t *testing.T) {
	p := pageAt(noon)
	p.o.Catalog = catalog.Default()
	var rows [][]any
	for i := range mostBars + 5 {
		rows = append(rows, []any{"x" + strconv.Itoa(i), int64(i)})
	}
	v := answerOf(p, []string{"x", "n"}, rows...)
	drawn, err := p.chartOf(&v)
	if err != nil || len(drawn.Labels) != mostBars || !strings.Contains(drawn.Note, "first 30 of 35") {
		t.Errorf("%d bars, %q, %v", len(drawn.Labels), drawn.Note, err)
	}
}

// The steps of an axis are round, and whole where the figures are. The last one is not
// below what stands highest.
func TestAnAxisHasRoundSteps(t *testing.T) {
	for _, c := range []struct {
		series [][]float64
		want   string
	}{
		{[][]float64{{156, 3}}, "0 50 100 150 200"},
		{[][]float64{{27, 0}}, "0 10 20 30"},
		{[][]float64{{1, 0}}, "0 1"},
		{[][]float64{{3, 1}}, "0 1 2 3"},
		{[][]float64{{0, 0}}, "0 1"},
		{[][]float64{{0.5, 0.2}}, "0 0.1 0.2 0.3 0.4 0.5"},
		{[][]float64{{60, 1}, {61, 2}}, "0 50 100 150"}, // on each other
		{[][]float64{{12_345, 1}}, "0 5000 10k 15k"},
	} {
		drawn := chart{Title: "figures", Labels: []string{"x", "y"}, Lying: true}
		for _, values := range c.series {
			drawn.Series = append(drawn.Series, series{"s", values})
		}
		v, err := pageAt(noon).draw(drawn)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, m := range regexp.MustCompile(`>([0-9.kMG]+)</text>`).FindAllStringSubmatch(string(v.SVG), -1) {
			steps = append(steps, m[1])
		}
		if got := strings.Join(steps, " "); got != c.want {
			t.Errorf("%v: %s, want %s", c.series, got, c.want)
		}
	}
}
