package sim

import (
	"math"
	"math/bits"
)

// rnd is a splitmix64 generator. Deliveries draw a dozen numbers each, at a
// million a run, and must be reproducible from their index alone, so the
// generator is one word that costs nothing to seed.
type rnd uint64

// The salts keep the draws of different subjects apart.
const (
	saltMessage uint64 = iota + 1
	saltJitter
	saltActivity
	saltPerson
	saltConfig
	saltDaily
	saltDraft
	saltSend
	saltFault
	saltMember
	saltReference
	saltCollection
	saltTrigger
)

// draw starts a generator for subject i under a salt.
func draw(seed, salt uint64, i int64) rnd {
	r := rnd(seed ^ salt*0x9e3779b97f4a7c15)
	r = rnd(r.next() ^ uint64(i)*0xbf58476d1ce4e5b9)
	r.next()
	return r
}

func (r *rnd) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n is uniform in 0..n-1.
func (r *rnd) n(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// between is uniform in lo..hi, both included.
func (r *rnd) between(lo, hi int64) int64 { return lo + int64(r.n(int(hi-lo+1))) }

// unit is uniform in [0,1).
func (r *rnd) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

func (r *rnd) chance(p float64) bool { return r.unit() < p }

// spread is between lo and hi, with as many values per factor of ten everywhere:
// half of all opens come in the first hours and some come after a fortnight.
func (r *rnd) spread(lo, hi int64) int64 {
	return int64(float64(lo) * math.Exp(r.unit()*math.Log(float64(hi)/float64(lo))))
}

func pick[T any](r *rnd, of []T) T { return of[r.n(len(of))] }
