package plan_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/attack/plan"
)

func TestPauseBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "least"))
		p := plan.Pause{Least: least, Most: least + time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "wider"))}
		random := rapid.Uint64().Draw(t, "random")
		if d := p.Length(random); d < p.Least || d > p.Most {
			t.Fatalf("%v has a pause of %v", p, d)
		}
		if p.Length(0) != p.Least || p.Length(math.MaxUint64) != p.Most {
			t.Fatalf("%v goes from %v to %v", p, p.Length(0), p.Length(math.MaxUint64))
		}
		mean := plan.Pause{Mean: 1 + least}
		if d := mean.Length(random); d < 0 || d > 37*mean.Mean {
			t.Fatalf("%v has a pause of %v", mean, d)
		}
	})
}

// A mean of n exponential values deviates by mean/√n, one of uniform values by less: five of these are
// exceeded once in a million.
func TestPauseAverage(t *testing.T) {
	const n = 100_000
	for _, p := range []plan.Pause{
		{}, {Least: time.Second, Most: time.Second}, {Most: 3}, {Least: time.Second, Most: 3 * time.Second}, {Mean: 2 * time.Second},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		var lengths []float64
		sum := 0.0
		for range n {
			d := p.Length(random.Uint64()).Seconds()
			lengths, sum = append(lengths, d), sum+d
		}
		if want := p.Average().Seconds(); math.Abs(sum/n-want) > 5*want/math.Sqrt(n)+1e-9 {
			t.Errorf("%v: %v s on average, want %v", p, sum/n, want)
		}
		if p.Mean > 0 {
			if a2, chance := andersonExponentialKnown(lengths, p.Mean.Seconds()); chance < 1e-4 {
				t.Errorf("%v: not exponential, A² %v", p, a2)
			}
		}
	}
}

// A pause is read as it was written, and what is none is refused.
func TestPausesAreReadAsWritten(t *testing.T) {
	for _, p := range []plan.Pause{{}, {Least: 1, Most: 1}, {Least: time.Second, Most: time.Minute + 1}, {Mean: 3 * time.Millisecond}} {
		text, _ := p.MarshalText()
		read := plan.Pause{Least: 7, Most: 7}
		if err := read.UnmarshalText(text); err != nil || read != p {
			t.Errorf("%s is read as %v: %v", text, read, err)
		}
	}
	for _, text := range []string{"", "1", "2s..1s", "-1s", "exponential -1s", "exponential", "1s..", "1s..2s..3s"} {
		if err := new(plan.Pause).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a pause", text)
		}
	}
}
