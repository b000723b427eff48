package canon

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxPlain is how many digits a number may have in plain notation. Beyond it the
// scientific form stands, so that 1e999999999 takes no gigabyte.
const maxPlain = 400

// Number returns the canonical text of a JSON number: an integer in plain digits,
// anything else as its shortest exact decimal ("1.50" is "1.5", "15e-1" too, "1e3"
// is "1000", "-0" is "0"). A number of more than 400 digits is written with one
// digit before the point and an exponent ("1.5e+900" and "1.5e900" are "1.5e900").
// Two literals have one canonical text exactly when they are the same number.
func Number(literal string) (string, error) {
	if isPlainInteger(literal) {
		return literal, nil
	}
	if !valid(literal) {
		return "", fmt.Errorf("%w: %q is no number", ErrSyntax, literal)
	}
	return string(parse(literal).append(nil)), nil
}

// CompareNumbers compares two JSON numbers exactly: -1, 0 or 1. Both must be
// valid, as Number or JSON leave them.
func CompareNumbers(a, b string) int {
	if len(a) <= 18 && len(b) <= 18 {
		x, errX := strconv.ParseInt(a, 10, 64)
		y, errY := strconv.ParseInt(b, 10, 64)
		if errX == nil && errY == nil {
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return 0
		}
	}
	x, y := parse(a), parse(b)
	switch {
	case x.sign() != y.sign():
		return cmpInt(x.sign(), y.sign())
	case x.sign() == 0:
		return 0
	}
	c := x.point.Cmp(y.point)
	if c == 0 {
		c = strings.Compare(x.digits, y.digits)
	}
	return c * x.sign()
}

// OrderKey returns text whose byte order is the order of the numbers: OrderKey(a)
// < OrderKey(b) exactly when a < b. Databases that have no exact decimals sort by
// it.
func OrderKey(literal string) string {
	n := parse(literal)
	if n.sign() == 0 {
		return "1"
	}
	// Magnitude: the sign and length of the exponent, the exponent, the digits.
	e := new(big.Int).Abs(n.point).String()
	length := fmt.Sprintf("%08d", len(e))
	var magnitude string
	if n.point.Sign() < 0 {
		magnitude = "0" + complement(length+e) + n.digits
	} else {
		magnitude = "1" + length + e + n.digits
	}
	if n.neg {
		// The tilde makes the longer of two equal beginnings the smaller.
		return "0" + complement(magnitude) + "~"
	}
	return "2" + magnitude
}

// complement turns the order of digits round.
func complement(digits string) string {
	b := []byte(digits)
	for i, c := range b {
		b[i] = '0' + '9' - c
	}
	return string(b)
}

// decimal is ±0.digits × 10^point. Digits have no zero at either end; zero has no
// digits.
type decimal struct {
	neg    bool
	digits string
	point  *big.Int
}

func (n decimal) sign() int {
	switch {
	case n.digits == "":
		return 0
	case n.neg:
		return -1
	}
	return 1
}

// parse reads a valid literal.
func parse(s string) decimal {
	var n decimal
	s, n.neg = strings.CutPrefix(s, "-")
	exponent := ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		s, exponent = s[:i], strings.TrimPrefix(s[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(s, ".")
	whole = strings.TrimLeft(whole, "0")
	digits := whole + fraction
	trimmed := strings.TrimLeft(digits, "0")
	n.point = big.NewInt(int64(len(whole) - (len(digits) - len(trimmed))))
	n.digits = strings.TrimRight(trimmed, "0")
	if n.digits == "" {
		n.neg = false
		n.point.SetInt64(0)
		return n
	}
	if exponent != "" {
		if e, ok := new(big.Int).SetString(exponent, 10); ok {
			n.point.Add(n.point, e)
		}
	}
	return n
}

// append writes the canonical text.
func (n decimal) append(dst []byte) []byte {
	if n.digits == "" {
		return append(dst, '0')
	}
	if n.neg {
		dst = append(dst, '-')
	}
	point, small := int64(0), n.point.IsInt64()
	if small {
		point = n.point.Int64()
	}
	length := int64(len(n.digits))
	switch {
	case !small || point > maxPlain || length-min(point, 0) > maxPlain:
		dst = append(dst, n.digits[0])
		if len(n.digits) > 1 {
			dst = append(append(dst, '.'), n.digits[1:]...)
		}
		dst = append(dst, 'e')
		return new(big.Int).Sub(n.point, big.NewInt(1)).Append(dst, 10)
	case point <= 0:
		dst = append(dst, "0."...)
		for ; point < 0; point++ {
			dst = append(dst, '0')
		}
		return append(dst, n.digits...)
	case point >= length:
		dst = append(dst, n.digits...)
		for ; point > length; point-- {
			dst = append(dst, '0')
		}
		return dst
	}
	dst = append(dst, n.digits[:point]...)
	dst = append(dst, '.')
	return append(dst, n.digits[point:]...)
}

// isPlainInteger reports whether s is an integer in canonical form already.
func isPlainInteger(s string) bool {
	d := strings.TrimPrefix(s, "-")
	if d == "" || len(d) > maxPlain || d[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(d) {
		if d[i]-'0' > 9 {
			return false
		}
	}
	return true
}

// valid reports whether s is a JSON number.
func valid(s string) bool {
	if s == "" || s[0] != '-' && s[0]-'0' > 9 {
		return false
	}
	w := writer{src: []byte(s)}
	return w.number() == nil && w.pos == len(s)
}

func cmpInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
