package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Bounds on a load: clients, and starts per second. With them every count fits 64 bits, whatever the
// duration. They are far above what one machine can send.
const (
	MaxClients = 1_000_000_000
	MaxRate    = 1_000_000_000
	// maxPoissonRate is the most starts per second that are drawn at random. Each start is drawn
	// twice: by the engine, and to count what is due.
	maxPoissonRate = 1e6
)

// Fault is one fault of a [Load].
type Fault struct {
	// Key is the path of the setting as scenarios spell it: "clients", "stages.2.rate".
	Key string
	// Text says what is wrong. Got is the wrong value, "" if no single value is wrong.
	Text, Got string
}

func (f *Fault) Error() string {
	if f.Got == "" {
		return f.Key + ": " + f.Text
	}
	return f.Key + ": " + f.Text + ", got " + f.Got
}

type faults []error

func (fs *faults) add(key, format string, args ...any) {
	*fs = append(*fs, &Fault{Key: key, Text: fmt.Sprintf(format, args...)})
}

// addGot adds a fault of one value.
func (fs *faults) addGot(key string, got any, format string, args ...any) {
	*fs = append(*fs, &Fault{Key: key, Text: fmt.Sprintf(format, args...), Got: fmt.Sprint(got)})
}

// check finds all faults. A setting that the type ignores is a fault too, because its author
// expects it to have an effect.
func check(l Load) error {
	var fs faults
	switch l.Type {
	case ClientsPerTest, ClientsPerSecond, MaintainClientLoad:
		fs.clients("clients", l.Clients, 1)
		fs.duration(l)
	case Rate:
		fs.rate("rate", l.Rate)
		if l.Rate == 0 {
			fs.add("rate", "must be above 0")
		}
		fs.duration(l)
	case Stages:
		fs.stages(l)
	default:
		fs.addGot("type", strconv.Quote(string(l.Type)), "must be one of %s, %s, %s, %s, %s", ClientsPerTest, ClientsPerSecond, MaintainClientLoad, Rate, Stages)
		return errors.Join(fs...)
	}
	fs.foreign(l)
	fs.arrivals(l)
	return errors.Join(fs...)
}

func (fs *faults) clients(key string, n, least int) {
	switch {
	case n < least:
		fs.addGot(key, n, "must be at least %d", least)
	case n > MaxClients:
		fs.addGot(key, n, "must be at most %d", MaxClients)
	}
}

func (fs *faults) rate(key string, r float64) {
	switch {
	case math.IsNaN(r) || math.IsInf(r, 0):
		fs.addGot(key, r, "must be a number")
	case r < 0:
		fs.addGot(key, r, "must not be negative")
	case r > MaxRate:
		fs.addGot(key, r, "must be at most %v starts per second", MaxRate)
	}
}

func (fs *faults) duration(l Load) {
	if l.Duration <= 0 {
		fs.addGot("duration", l.Duration, "must be above 0")
	}
}

func (fs *faults) stages(l Load) {
	if len(l.Stages) == 0 {
		fs.add("stages", "must name at least one stage")
		return
	}
	var total time.Duration
	top := 0.0
	for i, s := range l.Stages {
		key := func(name string) string { return fmt.Sprintf("stages.%d.%s", i, name) }
		switch {
		case s.Duration < 0:
			fs.addGot(key("duration"), s.Duration, "must not be negative")
		case s.Duration > math.MaxInt64-total:
			fs.add(key("duration"), "all stages together last longer than %v", time.Duration(math.MaxInt64))
			return
		default:
			total += s.Duration
		}
		fs.level(l.ByRate, s, key)
		top = max(top, float64(s.Clients), s.Rate)
	}
	switch {
	case total == 0:
		fs.addGot("stages", total, "must last some time together")
	case top == 0:
		fs.add("stages", "must rise above 0 somewhere")
	}
}

func (fs *faults) level(byRate bool, s Stage, key func(string) string) {
	switch {
	case byRate && s.Clients != 0:
		fs.add(key("clients"), "stages name clients or a rate, not both by turns")
	case !byRate && s.Rate != 0:
		fs.add(key("rate"), "stages name clients or a rate, not both by turns")
	}
	if byRate {
		fs.rate(key("rate"), s.Rate)
	} else {
		fs.clients(key("clients"), s.Clients, 0)
	}
}

// foreign finds settings that belong to other types.
func (fs *faults) foreign(l Load) {
	for _, s := range []struct {
		key   string
		given bool
		mine  bool
	}{
		{"clients", l.Clients != 0, l.Type != Rate && l.Type != Stages},
		{"from", l.HasFrom || l.From != 0, l.Type == MaintainClientLoad},
		{"rate", l.Rate != 0, l.Type == Rate},
		{"duration", l.Duration != 0, l.Type != Stages},
		{"stages", len(l.Stages) != 0 || l.ByRate, l.Type == Stages},
	} {
		if s.given && !s.mine {
			fs.add(s.key, "has no meaning for type %s: leave it out", l.Type)
		}
	}
	if l.Type == MaintainClientLoad && l.From != l.Clients {
		fs.clients("from", l.From, 0)
	}
}

func (fs *faults) arrivals(l Load) {
	switch l.Arrivals {
	case Even:
	case Burst:
		if isOpen(l) {
			return
		}
		for i, s := range l.Stages {
			if s.Duration%time.Second != 0 {
				fs.addGot(fmt.Sprintf("stages.%d.duration", i), s.Duration, "must be whole seconds for arrivals: %s", Burst)
			}
		}
	case Poisson:
		if n := l.mostPerSecond(); isOpen(l) && n > maxPoissonRate {
			fs.add("arrivals", "%s draws at most %.0f starts per second, this load has %.0f; use %s", Poisson, maxPoissonRate, n, Even)
		}
		if !isOpen(l) {
			fs.add("arrivals", "%s is for open loads: here the answers decide when a client asks again; use %s or %s", Poisson, Even, Burst)
		}
	default:
		fs.addGot("arrivals", strconv.Quote(string(l.Arrivals)), "must be one of %s, %s, %s", Even, Burst, Poisson)
	}
}

// mostPerSecond returns the most starts of an open load in any second. The load may have faults; then
// the result means nothing.
func (l Load) mostPerSecond() float64 {
	switch l.Type {
	case ClientsPerTest:
		return float64(l.Clients) / max(l.Duration.Seconds(), 1)
	case ClientsPerSecond:
		return float64(l.Clients) * min(l.Duration.Seconds(), 1)
	case Rate:
		return l.Rate * min(l.Duration.Seconds(), 1)
	}
	most := 0.0
	for _, s := range l.Stages {
		most = max(most, s.Rate)
	}
	return most
}
