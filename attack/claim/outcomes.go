package claim

import (
	"errors"
	"iter"
	"slices"
	"sync"
)

// Kind is what the answer to a request says of its rows.
type Kind uint8

// The kinds.
const (
	Success Kind = iota // it claims them
	Unknown             // nobody knows: there was no clear answer
	Failed              // it claims none
)

// Most is how many requests of a leg can be told apart. Those after them are not counted by
// name.
const Most = 1 << 28

// Outcomes are the kinds of requests by their numbers. All that were sent are successes but those
// that were noted, two bits each where there are any: of a leg without failures nothing is kept. The
// methods are safe for concurrent use.
type Outcomes struct {
	Names Names // that the requests were sent with
	// Sent is how many requests each of the leg's generators sent, by [Names.Part]; known at the end.
	Sent []uint64

	mu    sync.Mutex
	pages []*page // nil for a page of successes
}

const perPage = 4096

type page [perPage / 4]byte

// Note says that a request was no success; beyond [Most] it says nothing.
func (o *Outcomes) Note(number uint64, k Kind) {
	if number >= Most {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	at, i := int(number/perPage), number%perPage
	o.page(at)[i/4] |= byte(k) << (2 * (i % 4))
}

// Bound is above the numbers of all requests that were sent.
func (o *Outcomes) Bound() (bound uint64) {
	of := uint64(len(o.Sent))
	for part, n := range o.Sent {
		if n > 0 {
			bound = max(bound, Names{Part: uint64(part), Of: of}.Number(n-1)+1)
		}
	}
	return bound
}

// WasSent reports that a request of this number was sent.
func (o *Outcomes) WasSent(number uint64) bool {
	of := uint64(len(o.Sent))
	return of > 0 && number/of < o.Sent[number%of]
}

// Pages yields what was noted, a piece at a time with its place, for [Outcomes.Merge] of another.
func (o *Outcomes) Pages() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		o.mu.Lock()
		pages := slices.Clone(o.pages)
		o.mu.Unlock()
		for at, p := range pages {
			if p != nil && !yield(at, p[:]) {
				return
			}
		}
	}
}

// errPage says that a piece is none that [Outcomes.Pages] yields.
var errPage = errors.New("no page of outcomes")

// Merge takes a piece of the outcomes of another generator of the leg. Nothing may be noted meanwhile in
// what it came from.
func (o *Outcomes) Merge(at int, piece []byte) error {
	if at < 0 || at >= Most/perPage || len(piece) != len(page{}) {
		return errPage
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.page(at)
	for i, b := range piece {
		p[i] |= b
	}
	return nil
}

// page is the page at a place, made if there is none.
func (o *Outcomes) page(at int) *page {
	for at >= len(o.pages) {
		o.pages = append(o.pages, nil)
	}
	if o.pages[at] == nil {
		o.pages[at] = new(page)
	}
	return o.pages[at]
}

// Of is what became of a request that was sent.
func (o *Outcomes) Of(number uint64) Kind {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, i := number/perPage, number%perPage
	if at >= uint64(len(o.pages)) || o.pages[at] == nil {
		return Success
	}
	return Kind(o.pages[at][i/4] >> (2 * (i % 4)) & 3)
}
