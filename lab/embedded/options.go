package embedded

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/stress-tool/stress/lab"
)

// Options says how large the lab is. The zero value of each field but Exec is a
// default.
type Options struct {
	// Exec is the command, with its arguments, that runs [ChildMain]; required.
	Exec []string
	// Replicas is how many there are behind the proxy, the single one not counted;
	// 0 is 3.
	Replicas int
	// Workers is how many requests a replica serves at a time; 0 is 4.
	Workers int
	// Service is the mean service time of a request; 0 is 25 ms.
	Service time.Duration
	// MaxConnections is the database's limit; 0 is 151, MySQL's own default.
	MaxConnections int
	// ProxyConnections is how many connections the proxy may have open, two for
	// each request; 0 is nginx's default of 512.
	ProxyConnections int
	// RestartDelay is how long after the end of a replica behind the proxy its Swarm starts
	// another; 0 is 1 s. Docker's default is 5 s.
	RestartDelay time.Duration
	// Ports are fixed ones; 0 is any free one.
	Ports lab.Ports
	// Faults are what is wrong with the system; the zero value is nothing.
	Faults Faults
	// Seed makes service times and faults reproducible; 0 draws one.
	Seed uint64
	// Log receives what goes wrong in children; nil is nowhere.
	Log io.Writer
}

// Faults are defects for a load test to find.
type Faults struct {
	// DropInsert is the share of requests, in [0,1], that every replica answers
	// with success without having written a row.
	DropInsert float64
	// SlowReplica multiplies the service time of the replicas behind the proxy,
	// counted from 0: {1: 1.15} slows the second by 15 %.
	SlowReplica map[int]float64
	// SlowSingle multiplies that of the replica that stands alone; 0 is 1.
	SlowSingle float64
}

// OptionsError is everything that is impossible about [Options]; nothing was started.
type OptionsError struct{ Err error }

func (e *OptionsError) Error() string { return e.Err.Error() }
func (e *OptionsError) Unwrap() error { return e.Err }

// maxCount bounds every count in [Options]; a lab is for one machine.
const maxCount = 100_000

// complete fills in the defaults and finds everything that is impossible.
func (o Options) complete() (Options, error) {
	setDefault(&o.Replicas, lab.DefaultReplicas)
	setDefault(&o.Workers, 4)
	setDefault(&o.Service, 25*time.Millisecond)
	setDefault(&o.MaxConnections, 151)
	setDefault(&o.ProxyConnections, workerConnections)
	setDefault(&o.RestartDelay, time.Second)
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	o.Log = &lockedWriter{w: o.Log}
	if err := errors.Join(o.check(), o.Faults.check(o.Replicas)); err != nil {
		return o, &OptionsError{err}
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o Options) check() error {
	var faults []error
	if len(o.Exec) == 0 {
		faults = append(faults, errors.New("lab: Exec must be a command that runs embedded.ChildMain"))
	}
	for _, count := range []struct {
		name string
		n    int
	}{
		{"replicas", o.Replicas},
		{"workers", o.Workers},
		{"database connections", o.MaxConnections},
		{"proxy connections", o.ProxyConnections},
	} {
		if count.n < 1 || count.n > maxCount {
			faults = append(faults, fmt.Errorf("lab: %d %s: must be between 1 and %d", count.n, count.name, maxCount))
		}
	}
	if o.Service < 0 || o.Service > maxService {
		faults = append(faults, fmt.Errorf("lab: a service time of %v: must be between 0 and %v", o.Service, maxService))
	}
	return errors.Join(faults...)
}

// maxService keeps a multiplied and drawn service time far from overflow.
const maxService = time.Hour

func (f Faults) check(replicas int) error {
	var faults []error
	if !(f.DropInsert >= 0 && f.DropInsert <= 1) {
		faults = append(faults, fmt.Errorf("lab: dropping %v of the inserts: must be between 0 and 1", f.DropInsert))
	}
	factor := func(who string, by float64) {
		if !(by > 0 && by <= maxFactor) {
			faults = append(faults, fmt.Errorf("lab: slowing %s by a factor of %v: must be above 0 and at most %d", who, by, maxFactor))
		}
	}
	for _, i := range slices.Sorted(maps.Keys(f.SlowReplica)) {
		if i < 0 || i >= replicas {
			faults = append(faults, fmt.Errorf("lab: slowing replica %d: there are 0 to %d", i, replicas-1))
		}
		factor(fmt.Sprintf("replica %d", i), f.SlowReplica[i])
	}
	if f.SlowSingle != 0 {
		factor("the single replica", f.SlowSingle)
	}
	return errors.Join(faults...)
}

const maxFactor = 1000

// slowed is the mean service time of replica i behind the proxy, or of the single one
// for i of -1.
func (f Faults) slowed(i int, service time.Duration) time.Duration {
	factor, ok := f.SlowReplica[i]
	if i < 0 {
		factor, ok = f.SlowSingle, f.SlowSingle != 0
	}
	if !ok {
		return service
	}
	return time.Duration(float64(service) * factor)
}

// lockedWriter lets several children share one writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
