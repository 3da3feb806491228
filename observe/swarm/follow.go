package swarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/stress-tool/stress/runlog"
)

// again is the pause before an engine is asked again.
const again = time.Second

// follow tells what an engine says of the service's containers, until ctx ends. Of an engine
// that went away it asks for what it told since; one that was started anew has forgotten that.
func (w *Watcher) follow(ctx context.Context, e *engine) {
	var heard stream
	lost := time.Time{} // since when nothing is heard, by our clock
	for ctx.Err() == nil {
		clock, err := e.meet(ctx)
		if err == nil {
			w.met(clock, lost)
			err = w.listen(ctx, e, &heard)
		}
		if ctx.Err() != nil {
			return
		}
		if lost.IsZero() || !heard.quiet {
			lost, heard.quiet = time.Now(), true
			w.say(lost, map[string]string{runlog.AttrState: "deaf", runlog.AttrNode: e.words()},
				fmt.Sprintf("%s: its events are not heard: %s", e.words(), short(e.reason(err))))
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}

// met tells of an engine that answers, and how far its clock is from ours.
func (w *Watcher) met(c Clock, lost time.Time) {
	text := fmt.Sprintf("%s is heard; its clock is %+.1f ms from ours, ±%.1f ms", c.Node, c.Offset.Seconds()*1e3, c.Within.Seconds()*1e3)
	attrs := attributes(runlog.AttrState, "hears", runlog.AttrNode, c.Node, runlog.AttrOffset, seconds(c.Offset), runlog.AttrWithin, seconds(c.Within))
	now := time.Now()
	if !lost.IsZero() {
		attrs[runlog.AttrGap] = seconds(now.Sub(lost))
		text += fmt.Sprintf(", after %.1f s of silence: an engine that was started anew has forgotten what happened before", now.Sub(lost).Seconds())
	}
	w.say(now, attrs, text)
}

// say tells of the watching itself.
func (w *Watcher) say(at time.Time, attrs map[string]string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(Change{At: at, Kind: runlog.EventWatch, Text: text, Attrs: attrs})
}

// stream is how far the events of an engine have been heard.
type stream struct {
	since int64           // nanoseconds of its clock; 0 is from now on
	at    map[string]bool // what has been heard of that nanosecond
	quiet bool            // nothing has been heard since it was said that nothing is
}

// listen hears an engine until it falls silent.
func (w *Watcher) listen(ctx context.Context, e *engine, heard *stream) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o := client.EventsListOptions{Filters: client.Filters{}.Add("type", string(events.ContainerEventType))}
	if heard.since > 0 {
		o.Since = fmt.Sprintf("%d.%09d", heard.since/1e9, heard.since%1e9)
	}
	s := e.docker.Events(ctx, o)
	heard.quiet = false
	for {
		select {
		case m := <-s.Messages:
			if heard.new(m) {
				w.container(e, m)
			}
		case err := <-s.Err:
			return cmp.Or(err, errors.New("the stream ended"))
		}
	}
}

// new reports that a message has not been heard before.
func (h *stream) new(m events.Message) bool {
	key := string(m.Type) + " " + string(m.Action) + " " + m.Actor.ID
	if m.TimeNano < h.since || m.TimeNano == h.since && h.at[key] {
		return false
	}
	if m.TimeNano > h.since {
		h.since, h.at = m.TimeNano, map[string]bool{}
	}
	h.at[key] = true
	return true
}

// container tells what happened to a container of the service.
func (w *Watcher) container(e *engine, m events.Message) {
	of := m.Actor.Attributes
	if of["com.docker.swarm.service.name"] != w.cfg.Service && of["com.docker.swarm.service.id"] != w.cfg.Service {
		return
	}
	switch m.Action {
	case events.ActionStart, events.ActionKill, events.ActionDie, events.ActionOOM, events.ActionPause, events.ActionUnPause,
		events.ActionHealthStatusUnhealthy, events.ActionHealthStatusHealthy:
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id, node := m.Actor.ID, e.words()
	host := id[:min(12, len(id))]
	if w.state != nil {
		host = cmp.Or(w.state.Tasks[of["com.docker.swarm.task.id"]].Host, host)
	}
	c := Change{At: e.ours(time.Unix(0, m.TimeNano)), Kind: runlog.EventContainer, Attrs: attributes(
		runlog.AttrAction, string(m.Action), runlog.AttrNode, node, runlog.AttrHost, host, runlog.AttrContainer, id,
		runlog.AttrTaskID, of["com.docker.swarm.task.id"], runlog.AttrSignal, of["signal"],
	)}
	c.Text = fmt.Sprintf("%s on %s: %s", host, node, m.Action)
	if signal := of["signal"]; signal != "" {
		c.Text += ", signal " + signal
	}
	if code := of["exitCode"]; m.Action == events.ActionDie && code != "" {
		if _, err := strconv.Atoi(code); err == nil {
			c.Attrs[runlog.AttrExitCode] = code
			c.Text += ", exit code " + code
		}
	}
	w.tell(c)
}
