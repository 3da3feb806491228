package claim

import "sync"

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

// Outcomes are the kinds of requests by their numbers, which count all that were sent from 0
// on. All are successes but those that were noted, two bits each where there are any: of a leg
// without failures nothing is kept. It is safe for concurrent use.
type Outcomes struct {
	Names Names // that the requests were sent with

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
	for at >= len(o.pages) {
		o.pages = append(o.pages, nil)
	}
	if o.pages[at] == nil {
		o.pages[at] = new(page)
	}
	o.pages[at][i/4] |= byte(k) << (2 * (i % 4))
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
