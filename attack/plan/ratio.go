package plan

import "math/bits"

// floorDiv is ⌊a·b/c⌋, computed with 128 bits. The quotient must fit 64 bits.
func floorDiv(a, b, c uint64) uint64 {
	q, _ := bits.Div64(product(a, b, c))
	return q
}

// ceilDiv is ⌈a·b/c⌉.
func ceilDiv(a, b, c uint64) uint64 {
	q, r := bits.Div64(product(a, b, c))
	if r > 0 {
		q++
	}
	return q
}

// roundHalfUp is a·b/c rounded to a whole number, half up. c is below 2⁶³.
func roundHalfUp(a, b, c uint64) uint64 {
	q, r := bits.Div64(product(a, b, c))
	if r >= c-r {
		q++
	}
	return q
}

// roundHalfDown is a·b/c rounded to a whole number, half down. c is below 2⁶³.
func roundHalfDown(a, b, c uint64) uint64 {
	q, r := bits.Div64(product(a, b, c))
	if r > c-r {
		q++
	}
	return q
}

// product returns a·b in 128 bits, and c: the arguments of [bits.Div64].
func product(a, b, c uint64) (hi, lo, divisor uint64) {
	hi, lo = bits.Mul64(a, b)
	return hi, lo, c
}
