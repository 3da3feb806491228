package convert

import "time"

const (
	// leastThink is the least gap between an answer and the next request that is kept as a pause. What is
	// shorter is a script's, and none of a person's.
	leastThink = 100 * time.Millisecond
	// mostThink is the longest: a recording that was left alone for hours is no pace of anybody.
	mostThink = time.Hour
)

// span is when a request of a recording began and when its answer was there; the zero value is not known.
type span struct{ began, ended time.Time }

// spanOf is the span of an entry. What is written otherwise than HAR has it is not known.
func spanOf(e harEntry) span {
	text, _ := e.Started.(string)
	took, _ := e.Took.(float64) // milliseconds
	began, err := time.Parse(time.RFC3339, text)
	if err != nil || !(took >= 0 && took <= float64(mostThink/time.Millisecond)) {
		return span{}
	}
	return span{began, began.Add(time.Duration(took * float64(time.Millisecond)))}
}

// think keeps the time between requests as pauses: from the last answer that was there to the next
// request.
func (r *recording) think() {
	var answered time.Time // the last of all answers so far
	kept := 0
	for i, s := range r.spans {
		if s == (span{}) {
			r.leaveOut("the time between requests, as far as the recording does not say when they were made")
			answered = time.Time{}
			continue
		}
		gap := s.began.Sub(answered).Round(time.Millisecond)
		switch {
		case answered.IsZero() || gap < leastThink:
		case gap > mostThink:
			r.leaveOut("a time of more than %v between requests: nobody thinks for so long", mostThink)
		default:
			r.file.Requests[i-1].Pause = gap.String()
			kept++
		}
		if s.ended.After(answered) {
			answered = s.ended
		}
	}
	switch {
	case kept > 0:
		r.leaveOut("times of less than %v between requests: these follow the answers before them at once; longer ones are pauses, in which is what assets took", leastThink)
	default:
		r.leaveOut("the time between requests: each follows the answer before it at once")
	}
}
