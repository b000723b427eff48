package cio

// control decides the rate: down at a 429, up again after a while without one. It
// counts answers and knows no clock, so that it can be tested as arithmetic.
//
// What it weighs: that a limit rose again can only be seen by trying, and a try that
// fails costs a 429. Below a rate that failed it searches at once, in halves. Beyond
// that rate it tries soon if the last 429 came out of the blue, as most are somebody
// else's short burst; otherwise after about a minute's worth of answers, which keeps the
// share of 429s under one in a hundred.
type control struct {
	max  float64 // requests per second; never exceeded
	rate float64 // now
	held float64 // the last rate that was no try: where to fall back to
	ceil float64 // the lowest rate that failed lately; 0 when none is held against us
	step float64 // by what share the next step beyond ceil climbs; doubles while it goes well

	ok    int // answers since the rate last changed
	since int // answers since the last cut
	cuts  int // 429s that counted

	trying bool // the present rate has not proved itself
	shy    bool // the last 429 came soon after another
	named  bool // the last 429 said what the limit is
}

const (
	firstStep = 0.15
	lastStep  = 1
	minRate   = 0.05 // one in 20 s: slower than any documented limit
	near      = 1.25 // so near below a rate that failed, searching is over
	lately    = 200  // answers within which a second 429 is no accident
)

func newControl(max float64) control {
	return control{max: max, rate: max, step: firstStep, since: lately}
}

// answered notes a request that the API took.
func (c *control) answered() {
	c.ok++
	c.since++
	if c.rate >= c.max || c.ok < c.patience() {
		return
	}
	switch {
	case c.searching():
		c.held = c.rate
		c.rate = (c.rate + c.ceil) / 2
	case c.trying && c.ceil == 0:
		c.step = min(2*c.step, lastStep)
		c.rate *= 1 + c.step
	default:
		// A server that saves up tokens lets a rate pass that it will not bear for
		// long, so the steps of this climb do not become the rate to fall back to.
		c.held, c.ceil, c.step = c.rate, 0, firstStep
		c.rate *= 1 + c.step
	}
	c.rate, c.ok, c.trying = min(c.rate, c.max), 0, true
}

// searching reports whether there is room below the rate that failed.
func (c *control) searching() bool { return c.rate*near < c.ceil }

// patience is the number of answers to see before the next try.
func (c *control) patience() int {
	switch {
	case c.trying && c.ceil == 0:
		return between(3, c.rate, 10) // a second: the API counts per second
	case c.shy && !c.searching() && c.named:
		return between(8, 56*c.rate, 140)
	case c.shy && !c.searching():
		return between(8, 68*c.rate, 140) // finding the limit has cost some 429s already
	}
	return c.while()
}

// while is the number of answers of about five seconds.
func (c *control) while() int { return between(5, 5*c.rate, 50) }

// limited notes a 429. stated is the limit it names in requests per second, or 0.
func (c *control) limited(stated float64) {
	c.shy, c.named = c.since < lately, stated > 0
	next, ceil := 0.7*c.rate, c.rate
	switch {
	case stated > 0 && stated*margin < c.rate:
		next = stated * margin
	case c.trying && c.ceil == 0:
		next, ceil = c.held, min(ceil, c.held*near)
	case c.trying:
		next = c.held
	case c.ok >= c.while():
		next = 0.9 * c.rate // it was about right
	}
	if c.ceil = ceil; stated > 0 {
		c.ceil = min(ceil, stated)
	}
	c.rate = max(next, min(minRate, c.max))
	c.trying, c.ok, c.since = false, 0, 0
	c.cuts++
}

func between(low int, x float64, high int) int {
	return int(max(float64(low), min(x, float64(high))))
}
