package feed

import (
	"math/bits"

	"github.com/stress-tool/stress/attack/template"
)

// shuffled is where i stands among n in the order of a seed, a salt and a round: for i from 0 to n−1
// every number below n once. It is a Feistel network over the least square of a power of two that
// holds n, walked until it comes below n (cycle walking: Black and Rogaway 2002), so that no order of a
// million rows has to be kept anywhere.
func shuffled(i, n, seed, salt, round uint64) uint64 {
	half := (bits.Len64(n-1) + 1) / 2
	mask := uint64(1)<<half - 1
	key := template.Mix(template.Mix(seed, salt), round)
	for {
		left, right := i>>half, i&mask
		for k := range uint64(4) {
			left, right = right, left^template.Mix(key+k, right)&mask
		}
		if i = left<<half | right; i < n {
			return i
		}
	}
}
