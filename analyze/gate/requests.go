package gate

import "github.com/stress-tool/stress/analyze/result"

// requests are runs as if each had sent one of its requests alone. Each is made once: a run that is held
// against a target of its own is known by its pointer.
type requests map[requestOf]runAlone

// requestOf is a request of a run.
type requestOf struct {
	run  *result.Analysis
	name string
}

// runAlone is the run as if it had sent that request alone, nil where it cannot tell.
type runAlone struct {
	run     *result.Analysis
	missing result.Gap
}

// of is a run as if it had sent one of its requests alone; nil where it cannot tell, with the reason.
func (r requests) of(run *result.Analysis, name string) (*result.Analysis, result.Gap) {
	key := requestOf{run, name}
	alone, made := r[key]
	if !made {
		alone.run, alone.missing = run.OfRequest(name)
		r[key] = alone
	}
	return alone.run, alone.missing
}
