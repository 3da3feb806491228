package plan

import "math/bits"

// floorDiv is ⌊a·b/c⌋ by way of 128 bits; the quotient must fit 64.
func floorDiv(a, b, c uint64) uint64 {
	q, _ := bits.Div64(wide(a, b, c))
	return q
}

// ceilDiv is ⌈a·b/c⌉.
func ceilDiv(a, b, c uint64) uint64 {
	q, r := bits.Div64(wide(a, b, c))
	if r > 0 {
		q++
	}
	return q
}

// roundHalfUp is a·b/c to the nearest whole number, a half up. c is below 2⁶³.
func roundHalfUp(a, b, c uint64) uint64 {
	q, r := bits.Div64(wide(a, b, c))
	if r >= c-r {
		q++
	}
	return q
}

// roundHalfDown is a·b/c to the nearest whole number, a half down.
func roundHalfDown(a, b, c uint64) uint64 {
	q, r := bits.Div64(wide(a, b, c))
	if r > c-r {
		q++
	}
	return q
}

func wide(a, b, c uint64) (hi, lo, by uint64) {
	hi, lo = bits.Mul64(a, b)
	return hi, lo, c
}
