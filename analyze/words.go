package analyze

import (
	"github.com/stress-tool/stress/analyze/result"
	"github.com/stress-tool/stress/internal/words"
)

// confidence of every interval.
const confidence = 0.95

func count[N int | int64 | uint64](n N) string { return words.Number(n) }

func counted[N int | int64 | uint64](n N, thing string) string { return words.Counted(n, thing) }

var (
	percent, points, millis, times, significant, digits, list = words.Percent, words.Points, words.Millis, words.Times, words.Significant, words.Digits, words.List
)

func sentence(s string) string { return words.Sentence(s) }

func span(lo, hi result.Bound, write func(float64) string) string {
	return words.Span(float64(lo), float64(hi), write)
}
