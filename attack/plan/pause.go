package plan

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"
)

// Pause is how long a client waits after a request before it sends the next one, as a person reads before
// the next click. Its length is drawn anew each time. The zero value is no wait.
type Pause struct {
	// Least and Most bound a length of which every value is as likely; if they are equal, all
	// lengths are equal.
	Least, Most time.Duration
	// Mean is that of exponential lengths, without a bound; then Least and Most are 0. 0 is none.
	Mean time.Duration
}

// Length returns the length that belongs to a random number of 64 bits.
func (p Pause) Length(random uint64) time.Duration {
	if p.Mean > 0 {
		u := float64(random>>11) * 0x1p-53 // [0, 1)
		return time.Duration(-math.Log1p(-u) * float64(p.Mean))
	}
	n, _ := bits.Mul64(random, uint64(p.Most-p.Least)+1)
	return p.Least + time.Duration(n)
}

// Average is the expected length.
func (p Pause) Average() time.Duration {
	if p.Mean > 0 {
		return p.Mean
	}
	return p.Least + (p.Most-p.Least)/2
}

// String returns the pause as scenarios spell it: "2s", "1s..3s", "exponential 2s".
func (p Pause) String() string {
	switch {
	case p.Mean > 0:
		return fmt.Sprintf("exponential %v", p.Mean)
	case p.Least < p.Most:
		return fmt.Sprintf("%v..%v", p.Least, p.Most)
	}
	return p.Least.String()
}

// Words describes the pause in a sentence: "2s", "1s to 3s", "2s on average".
func (p Pause) Words() string {
	switch {
	case p.Mean > 0:
		return fmt.Sprintf("%v on average", p.Mean)
	case p.Least < p.Most:
		return fmt.Sprintf("%v to %v", p.Least, p.Most)
	}
	return p.Least.String()
}

// MarshalText is String.
func (p Pause) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the inverse of MarshalText. It refuses what no pause is.
func (p *Pause) UnmarshalText(text []byte) (err error) {
	var read Pause
	if mean, ok := strings.CutPrefix(string(text), "exponential "); ok {
		read.Mean, err = time.ParseDuration(mean)
	} else {
		least, most, ok := strings.Cut(string(text), "..")
		if !ok {
			most = least
		}
		var err2 error
		read.Least, err = time.ParseDuration(least)
		read.Most, err2 = time.ParseDuration(most)
		err = cmp.Or(err, err2)
	}
	if err == nil && (read.Mean < 0 || read.Least < 0 || read.Most < read.Least) {
		err = fmt.Errorf("%q is no pause", text)
	}
	if err == nil {
		*p = read
	}
	return err
}
