package page

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"
)

// chart is what is to be drawn: one value for each label and series. Bars stand on
// each other; a line has one series.
type chart struct {
	Title  string
	Note   string // what is not drawn; "" when all is
	Labels []string
	Series []series
	Line   bool
	// Lying bars have room for the names of things beside them.
	Lying bool
}

type series struct {
	Name   string
	Values []float64
}

// chartView is a drawn chart with the table of its figures.
type chartView struct {
	chart
	SVG template.HTML
}

// Sum is the text for who does not see the chart.
func (c chart) Sum() string {
	return fmt.Sprintf("%s: %d %s; the figures are in the table below", c.Title, len(c.Labels), plural(len(c.Labels), "value", "values"))
}

// Rows are the figures, a row a label.
func (c chart) Rows() [][]string {
	rows := make([][]string, len(c.Labels))
	for i, label := range c.Labels {
		rows[i] = []string{label}
		for _, s := range c.Series {
			rows[i] = append(rows[i], grouped(strconv.FormatFloat(s.Values[i], 'f', -1, 64)))
		}
	}
	return rows
}

const (
	chartWidth, chartHeight = 460, 210
	mostSeries              = 6
)

// The library writes colours into the picture. These stand for what the stylesheet
// paints, light or dark: the picture gets classes instead.
var (
	inkText = charts.Color{R: 1, G: 1, B: 1, A: 255}
	inkAxis = charts.Color{R: 2, G: 2, B: 2, A: 255}
	inkGrid = charts.Color{R: 3, G: 3, B: 3, A: 255}
)

func inkSeries(i int) charts.Color { return charts.Color{R: uint8(10 + i), G: 0, B: 0, A: 255} }

func palette() charts.ColorPalette {
	o := charts.ThemeOption{
		AxisStrokeColor: inkAxis, AxisSplitLineColor: inkGrid, BackgroundColor: charts.ColorTransparent,
		TextColor: inkText, TextColorLegend: inkText, TextColorXAxis: inkText, TextColorYAxis: inkText, TextColorLabel: inkText,
	}
	for i := range mostSeries {
		o.SeriesColors = append(o.SeriesColors, inkSeries(i))
	}
	return charts.MakeTheme(o)
}

// draw makes the picture.
func (p *Page) draw(c chart) (chartView, error) {
	c = c.few()
	v := chartView{chart: c}
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: c.height(), Theme: palette()})
	if err := c.paint(painter); err != nil {
		return v, fmt.Errorf("draw %q: %w", c.Title, err)
	}
	b, err := painter.Bytes()
	if err != nil {
		return v, fmt.Errorf("draw %q: %w", c.Title, err)
	}
	v.SVG, err = dressed(string(b), c.height(), c.Sum())
	if err != nil {
		return v, fmt.Errorf("draw %q: %w", c.Title, err)
	}
	return v, nil
}

// height leaves every lying bar its line.
func (c chart) height() int {
	if c.Lying {
		return 46 + 20*len(c.Labels)
	}
	return chartHeight
}

// few joins the series that are too many to be told apart.
func (c chart) few() chart {
	if len(c.Series) <= mostSeries {
		return c
	}
	rest := series{Name: "others", Values: make([]float64, len(c.Labels))}
	for _, s := range c.Series[mostSeries-1:] {
		for i, v := range s.Values {
			rest.Values[i] += v
		}
	}
	c.Series = append(append([]series{}, c.Series[:mostSeries-1]...), rest)
	return c
}

func (c chart) paint(painter *charts.Painter) error {
	var values [][]float64
	var names []string
	for _, s := range c.Series {
		heights := slices.Clone(s.Values)
		if c.Lying {
			slices.Reverse(heights) // the library begins at the bottom
		}
		values, names = append(values, heights), append(names, s.Name)
	}
	labels := charts.FontStyle{FontSize: 11, FontColor: inkText}
	legend := charts.LegendOption{SeriesNames: names, FontStyle: labels, Show: charts.Ptr(len(names) > 1), Symbol: charts.SymbolSquare}
	legend.Offset = charts.OffsetLeft
	axis := charts.ValueAxisOption{LabelFontStyle: labels, Min: charts.Ptr(0.0), ValueFormatter: axisNumber}
	if top := c.top(); top < 0 {
		axis.Max = charts.Ptr(0.0) // a bar without its beginning has no length
	} else {
		step := niceStep(top, c.whole())
		steps := max(1, math.Ceil(top/step))
		axis.Max, axis.LabelCount = charts.Ptr(step*steps), int(steps)+1
	}
	categories := charts.CategoryAxisOption{Labels: c.Labels, LabelFontStyle: labels, LabelCount: len(c.Labels)}
	if c.Lying {
		categories.Labels = slices.Clone(c.Labels)
		slices.Reverse(categories.Labels)
	}
	padding := charts.Box{Top: 8, Right: 8, Bottom: 4, Left: 4, IsSet: true}
	if c.Line {
		o := charts.NewLineChartOptionWithData(values)
		o.Theme, o.Legend, o.XAxis, o.YAxis, o.Padding = palette(), legend, categories, []charts.YAxisOption{axis}, padding
		o.LineStrokeWidth = 2
		return painter.LineChart(o)
	}
	o := charts.NewBarChartOptionWithData(values)
	o.Theme, o.Legend, o.CategoryAxis, o.ValueAxis, o.Padding = palette(), legend, categories, []charts.ValueAxisOption{axis}, padding
	o.Horizontal = c.Lying
	o.StackSeries = charts.Ptr(len(c.Series) > 1)
	return painter.BarChart(o)
}

// dressed takes the styles out of the picture, which the page's policy would not
// let through, and puts classes in their place. The text of labels is escaped by the
// encoder, and elements that a chart does not have are refused.
func dressed(svg string, height int, label string) (template.HTML, error) {
	d := xml.NewDecoder(strings.NewReader(svg))
	var b strings.Builder
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return template.HTML(b.String()), nil //nolint:gosec // built here, each text and attribute escaped
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := t.Name.Local
			switch {
			case name == "svg" && depth == 0:
				fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, chartWidth, height, template.HTMLEscapeString(label))
			case name == "path" || name == "text" || name == "circle" || name == "g":
				b.WriteString("<" + name)
				writeAttributes(&b, t.Attr)
				b.WriteString(">")
			default:
				return "", fmt.Errorf("a chart has an element %q", name)
			}
			depth++
		case xml.EndElement:
			b.WriteString("</" + t.Name.Local + ">")
			depth--
		case xml.CharData:
			template.HTMLEscape(&b, t)
		}
	}
}

// writeAttributes keeps where things are, and makes classes of how they look.
func writeAttributes(b *strings.Builder, attributes []xml.Attr) {
	for _, a := range attributes {
		switch a.Name.Local {
		case "d", "x", "y", "cx", "cy", "r", "transform":
			fmt.Fprintf(b, ` %s="%s"`, a.Name.Local, template.HTMLEscapeString(strings.ReplaceAll(a.Value, "\n", " ")))
		case "style":
			if classes := classesOf(a.Value); classes != "" {
				fmt.Fprintf(b, ` class="%s"`, classes)
			}
			if n, ok := seriesOf(a.Value, "fill"); ok {
				fmt.Fprintf(b, ` fill="url(#series-%d)"`, n)
			}
		}
	}
}

func classesOf(style string) string {
	var classes []string
	for declaration := range strings.SplitSeq(style, ";") {
		property, value, _ := strings.Cut(declaration, ":")
		if property != "fill" && property != "stroke" {
			continue
		}
		switch value {
		case inkText.StringRGB():
			classes = append(classes, "ink-text")
		case inkAxis.StringRGB():
			classes = append(classes, "ink-axis")
		case inkGrid.StringRGB():
			classes = append(classes, "ink-grid")
		}
		if n, ok := seriesOf(declaration, property); ok && property == "stroke" {
			classes = append(classes, "ink-line-"+strconv.Itoa(n))
		}
		if value == "none" || strings.HasPrefix(value, "rgba") {
			classes = append(classes, "no-"+property)
		}
	}
	return strings.Join(classes, " ")
}

func seriesOf(style, property string) (int, bool) {
	for declaration := range strings.SplitSeq(style, ";") {
		for i := range mostSeries {
			if declaration == property+":"+inkSeries(i).StringRGB() {
				return i, true
			}
		}
	}
	return 0, false
}

// patterns tell the series apart without colour: each has its own hatching. They
// stand once on a page, for all of its charts.
func patterns() template.HTML {
	lines := [mostSeries]string{"", "M0 8L8 0", "M0 4H8", "M4 0V8", "M0 0L8 8M0 8L8 0", "M4 3V5M0 0V1"}
	var b strings.Builder
	b.WriteString("<defs>")
	for i, line := range lines {
		fmt.Fprintf(&b, `<pattern id="series-%d" width="8" height="8" patternUnits="userSpaceOnUse"><path class="ink-fill-%d" d="M0 0H8V8H0Z"></path><path class="hatch" d="%s"></path></pattern>`, i, i, line)
	}
	b.WriteString("</defs>")
	return template.HTML(b.String()) //nolint:gosec // made of constants
}

// spark is a small chart in one line of text.
type spark struct {
	Bars  string
	Label string
}

// newSpark draws values as blocks of eight heights; empty when there is nothing to
// see.
func newSpark(values []int64) spark {
	var most int64
	var told []string
	for _, v := range values {
		most = max(most, v)
		told = append(told, strconv.FormatInt(v, 10))
	}
	if most == 0 {
		return spark{}
	}
	var b strings.Builder
	for _, v := range values {
		if v == 0 {
			b.WriteRune('·')
			continue
		}
		b.WriteRune('▁' + rune((v*7+most-1)/most))
	}
	return spark{Bars: b.String(), Label: "by day, the last one today: " + strings.Join(told, ", ")}
}
