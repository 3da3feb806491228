//go:build linux

package truth

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Delay is how long the server lets a request wait. The zero value is not at all.
type Delay struct {
	// Short is the time of a constant delay, the mean of an exponential one, and the
	// usual time of a bimodal one, which is Long with probability Share.
	Short, Long time.Duration
	Share       float64
	// Exponential draws from the exponential distribution.
	Exponential bool
}

// ParseDelay reads "constant 2ms", "exponential 2ms" and "bimodal 1ms 20ms 0.05".
func ParseDelay(s string) (Delay, error) {
	kind, rest, _ := strings.Cut(s, " ")
	args := strings.Fields(rest)
	want := map[string]int{"constant": 1, "exponential": 1, "bimodal": 3}[kind]
	if want == 0 || len(args) != want {
		return Delay{}, fmt.Errorf("delay %q: want constant TIME, exponential MEAN or bimodal USUAL LONG SHARE", s)
	}
	d := Delay{Exponential: kind == "exponential"}
	var err error
	if d.Short, err = duration(args[0]); err != nil {
		return Delay{}, fmt.Errorf("delay %q: %w", s, err)
	}
	if kind != "bimodal" {
		return d, nil
	}
	if d.Long, err = duration(args[1]); err != nil {
		return Delay{}, fmt.Errorf("delay %q: %w", s, err)
	}
	if d.Share, err = strconv.ParseFloat(args[2], 64); err != nil || !(d.Share >= 0 && d.Share <= 1) {
		return Delay{}, fmt.Errorf("delay %q: the share %q is not a number from 0 to 1", s, args[2])
	}
	return d, nil
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err == nil && (d < 0 || d > time.Minute) {
		err = fmt.Errorf("%v is not between 0 and a minute", d)
	}
	return d, err
}

// String is the form that [ParseDelay] reads.
func (d Delay) String() string {
	switch {
	case d.Exponential:
		return fmt.Sprintf("exponential %v", d.Short)
	case d.Share > 0 || d.Long > 0:
		return fmt.Sprintf("bimodal %v %v %g", d.Short, d.Long, d.Share)
	default:
		return fmt.Sprintf("constant %v", d.Short)
	}
}

// draw is the delay of one request.
func (d Delay) draw(r *rand.Rand) time.Duration {
	switch {
	case d.Exponential:
		return time.Duration(r.ExpFloat64() * float64(d.Short))
	case d.Share > 0 && r.Float64() < d.Share:
		return d.Long
	default:
		return d.Short
	}
}
