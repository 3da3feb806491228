package runlog

import "math"

// RequestRecord is what is stored of one request of a leg whose passes have several.
type RequestRecord struct {
	Outcomes
	Skipped uint64
	// Seconds are those in which one of it ended, in order.
	Seconds []RequestSecond
}

// RequestSecond is how many of a request succeeded and failed in a second. It is small, because a
// leg has as many as it has seconds and requests.
type RequestSecond struct {
	T               int
	Success, Failed uint32
	Drained         *Outcomes // as in [RequestCounts]
}

// addRequest books what became of a request in a second.
func (rec *Record) addRequest(name string, t int, c RequestCounts) {
	if rec.Requests == nil {
		rec.Requests = map[string]*RequestRecord{}
	}
	r := rec.Requests[name]
	if r == nil {
		r = &RequestRecord{}
		rec.Requests[name] = r
	}
	r.Merge(c.Outcomes)
	r.Skipped += c.Skipped
	if c.Success > 0 || c.Failed() > 0 {
		few := func(n uint64) uint32 { return uint32(min(n, math.MaxUint32)) }
		r.Seconds = append(r.Seconds, RequestSecond{T: t, Success: few(c.Success), Failed: few(c.Failed()), Drained: c.Drained})
	}
}

// Request is what is stored of a request; never nil.
func (rec *Record) Request(name string) *RequestRecord {
	if r := rec.Requests[name]; r != nil {
		return r
	}
	return &RequestRecord{}
}

// SecondsOf are the seconds of the leg as they would be if it had sent that request alone, with
// the counts that figures are made of: what failed is of class [Unexpected], whatever it was.
func (rec *Record) SecondsOf(name string) []Second {
	out, of := make([]Second, len(rec.Seconds)), rec.Request(name).Seconds
	for i, s := range rec.Seconds {
		own := Second{T: s.T, WallS: s.WallS}
		if s.Drained != nil {
			own.Drained = &Outcomes{}
		}
		if len(of) > 0 && of[0].T == s.T {
			own.Outcomes = Outcomes{Success: uint64(of[0].Success), Unexpected: uint64(of[0].Failed)}
			own.Drained, of = of[0].Drained, of[1:]
		}
		out[i] = own
	}
	return out
}
