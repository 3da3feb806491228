package agent

import "time"

// beside does what a command asks beside others, unless the agent ends: nobody would wait for it then.
func (a *agent) beside(do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended.Load() == 0 {
		a.all.Go(do)
	}
}

// over notes that the agent ends: it begins nothing more.
func (a *agent) over() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended.Store(int64(a.now()))
}

// endedFor is how long ago the agent was asked to end, 0 if it was not.
func (a *agent) endedFor() time.Duration {
	if at := a.ended.Load(); at > 0 {
		return a.now() - time.Duration(at)
	}
	return 0
}
