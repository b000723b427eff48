package page

import (
	"math"
	"strconv"
)

// top is the highest place of the picture. Bars stand on each other.
func (c chart) top() float64 {
	top := math.Inf(-1)
	for i := range c.Labels {
		highest, sum := math.Inf(-1), 0.0
		for _, s := range c.Series {
			highest, sum = max(highest, s.Values[i]), sum+max(0, s.Values[i])
		}
		if highest > 0 {
			highest = sum
		}
		top = max(top, highest)
	}
	return top
}

// whole reports whether the figures count things, of which there is no half.
func (c chart) whole() bool {
	for _, s := range c.Series {
		for _, v := range s.Values {
			if v != math.Trunc(v) {
				return false
			}
		}
	}
	return true
}

// niceStep parts the way to top into at most five steps of 1, 2 or 5 and noughts.
func niceStep(top float64, whole bool) float64 {
	least := top / 5
	if whole || top == 0 {
		least = max(1, least)
	}
	ten := math.Pow(10, math.Floor(math.Log10(least)))
	for _, n := range []float64{1, 2, 5} {
		if n*ten >= least {
			return n * ten
		}
	}
	return 10 * ten
}

// axisNumber writes a figure of an axis short.
func axisNumber(f float64) string {
	for _, unit := range []struct {
		from   float64
		letter string
	}{{1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if f >= unit.from {
			size := map[string]float64{"G": 1e9, "M": 1e6, "k": 1e3}[unit.letter]
			return strconv.FormatFloat(f/size, 'g', 10, 64) + unit.letter
		}
	}
	return strconv.FormatFloat(f, 'g', 10, 64) // 3 × 0.1 is a little more
}
