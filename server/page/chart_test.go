package page

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
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
