package rawhttp

import "container/heap"

// thinking holds the clients that pause, as a heap: the first is the one whose pause ends first.
type thinking []*client

// Len, Less, Swap, Push and Pop implement [heap.Interface].
func (t thinking) Len() int           { return len(t) }
func (t thinking) Less(i, k int) bool { return t[i].wakes < t[k].wakes }
func (t thinking) Swap(i, k int)      { t[i], t[k] = t[k], t[i] }
func (t *thinking) Push(c any)        { *t = append(*t, c.(*client)) }

func (t *thinking) Pop() any {
	last := len(*t) - 1
	c := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return c
}

// pause lets a client wait until its next request is due, or until it may send none.
func (l *loop) pause(c *client) {
	c.wakes = l.pacing.At(c.due)
	if c.start.Until > 0 {
		c.wakes = min(c.wakes, c.start.Until)
	}
	heap.Push(&l.thinking, c)
}

// endPauses makes the clients ready whose pauses have ended. When the leg is ending it makes all of them
// ready, so that they end.
func (l *loop) endPauses() {
	if len(l.thinking) == 0 {
		return
	}
	now, over := l.m.Now(), l.stopping()
	for n := 0; len(l.thinking) > 0 && (over || n < startsPerTurn && l.thinking[0].wakes <= now); n++ {
		c := heap.Pop(&l.thinking).(*client)
		l.m.Thought(max(0, min(now, c.due)-c.outcome.Done))
		l.ready.push(c)
	}
}
