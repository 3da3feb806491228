package docker

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/moby/moby/api/types/swarm"
)

// task is a task of the service. Its fields belong to the Swarm's lock.
type task struct {
	swarm.Task
	made    int // by which template
	process Process
	paused  bool
}

// host is what the task's container calls itself; "" before there is one.
func (t *task) host() string {
	if t.Status.ContainerStatus == nil {
		return ""
	}
	return t.Status.ContainerStatus.ContainerID[:12]
}

func (t *task) ended() bool {
	return slices.Contains([]swarm.TaskState{swarm.TaskStateShutdown, swarm.TaskStateFailed, swarm.TaskStateRejected}, t.Status.State)
}

// wanted says that the task is to run, now or after the restart delay.
func (t *task) wanted() bool {
	return !t.ended() && (t.DesiredState == swarm.TaskStateRunning || t.DesiredState == swarm.TaskStateReady)
}

func (t *task) state(to swarm.TaskState, failure string) {
	t.Status.State, t.Status.Err, t.Status.Timestamp = to, failure, time.Now()
}

// The methods below are called with the lock held, but for those that say otherwise.

func (s *Swarm) replicas() int { return int(*s.service.Spec.Mode.Replicated.Replicas) }

func (s *Swarm) running() (n int) {
	for _, t := range s.tasks {
		if t.wanted() && t.Status.State == swarm.TaskStateRunning {
			n++
		}
	}
	return n
}

// rejected is the error of a task that could not start.
func (s *Swarm) rejected() error {
	for _, t := range s.tasks {
		if t.Status.State == swarm.TaskStateRejected {
			return errors.New(t.Status.Err)
		}
	}
	return nil
}

// reconcile has the right tasks in the right places. New ones start after a delay.
func (s *Swarm) reconcile(delay time.Duration) {
	if s.closed {
		return
	}
	for _, t := range s.tasks {
		switch node := s.node(t.NodeID); {
		case !t.wanted():
		case t.Slot > s.replicas():
			s.end(t, swarm.TaskStateRemove)
		case node != nil && node.Spec.Availability == swarm.NodeAvailabilityDrain:
			s.end(t, swarm.TaskStateShutdown)
		}
	}
	for slot := 1; slot <= s.replicas(); slot++ {
		t := s.inSlot(slot)
		if t == nil && !s.lost[slot] {
			t = s.create(slot)
		}
		if t != nil && t.NodeID == "" {
			s.place(t, delay)
		}
	}
}

// inSlot is the task of a slot that is to run; nil for none.
func (s *Swarm) inSlot(slot int) *task {
	for _, t := range s.tasks {
		if t.Slot == slot && t.wanted() {
			return t
		}
	}
	return nil
}

// kept is how many tasks of a slot are kept beside the one that is to run, as Docker does.
const kept = 4

func (s *Swarm) create(slot int) *task {
	old := 0
	for i := len(s.tasks) - 1; i >= 0; i-- {
		if t := s.tasks[i]; t.Slot == slot && t.ended() {
			if old++; old > kept {
				s.tasks = slices.Delete(s.tasks, i, i+1)
			}
		}
	}
	t := &task{made: s.template, Task: swarm.Task{
		ID: newID(25), Slot: slot, ServiceID: s.service.ID, Spec: s.service.Spec.TaskTemplate, DesiredState: swarm.TaskStateReady,
	}}
	t.state(swarm.TaskStateNew, "")
	s.tasks = append(s.tasks, t)
	return t
}

// place gives a task the active node with the fewest tasks, and starts it after a delay.
func (s *Swarm) place(t *task, delay time.Duration) {
	var on *swarm.Node
	fewest := 0
	for _, n := range s.nodes {
		if n.Spec.Availability != swarm.NodeAvailabilityActive {
			continue
		}
		has := 0
		for _, o := range s.tasks {
			if o.NodeID == n.ID && o.wanted() {
				has++
			}
		}
		if on == nil || has < fewest {
			on, fewest = n, has
		}
	}
	if on == nil {
		t.state(swarm.TaskStatePending, fmt.Sprintf("no suitable node (%d nodes not available for new tasks)", len(s.nodes)))
		return
	}
	t.NodeID = on.ID
	t.state(swarm.TaskStateReady, "")
	s.all.Go(func() {
		select {
		case <-time.After(delay):
			s.launch(t)
		case <-s.ctx.Done():
		}
	})
}

// launch starts a task's process. It is called without the lock.
func (s *Swarm) launch(t *task) {
	var host string
	s.change(func() {
		if t.wanted() && !s.closed {
			t.DesiredState = swarm.TaskStateRunning
			t.Status.ContainerStatus = &swarm.ContainerStatus{ContainerID: newID(64)}
			t.state(swarm.TaskStateStarting, "")
			host = t.host()
		}
	})
	if host == "" {
		return
	}
	p, err := s.cfg.Start(s.ctx, t.Slot, host)
	if err != nil {
		s.change(func() {
			t.state(swarm.TaskStateRejected, err.Error())
			s.reconcile(s.cfg.RestartDelay)
		})
		return
	}
	unwanted := false
	s.change(func() {
		t.process = p
		t.state(swarm.TaskStateRunning, "")
		s.tell(t, "start")
		unwanted = !t.wanted() || s.closed
	})
	if unwanted {
		_ = p.Kill() // its end is told all the same
	}
	<-p.Exited()
	s.change(func() { s.died(t) })
}

// died is the end of a task's process.
func (s *Swarm) died(t *task) {
	const code = 137 // 128 + SIGKILL
	t.process = nil
	t.Status.ContainerStatus.ExitCode = code
	s.tell(t, "die", "exitCode", fmt.Sprint(code))
	switch {
	case t.DesiredState == swarm.TaskStateRemove:
		s.tasks = slices.DeleteFunc(s.tasks, func(o *task) bool { return o == t })
	case t.DesiredState == swarm.TaskStateShutdown:
		t.state(swarm.TaskStateShutdown, "")
	default:
		t.DesiredState = swarm.TaskStateShutdown
		t.state(swarm.TaskStateFailed, fmt.Sprintf("task: non-zero exit (%d)", code))
	}
	s.reconcile(s.cfg.RestartDelay)
}

// end ends a task for good, to be forgotten or kept as one that was shut down.
func (s *Swarm) end(t *task, as swarm.TaskState) {
	t.DesiredState = as
	if t.process == nil {
		if t.Status.State != swarm.TaskStateStarting { // else its start finds that nobody wants it
			t.state(swarm.TaskStateShutdown, "")
		}
		return
	}
	s.tell(t, "kill", "signal", "15")
	process := t.process
	s.all.Go(func() { _ = process.Kill() })
}

// roll replaces the tasks of older templates one after the other, and stops when there is a
// newer template. It is called without the lock.
func (s *Swarm) roll(template int) {
	for {
		old := 0
		s.change(func() {
			for _, t := range s.tasks {
				if t.wanted() && t.made < template && (old == 0 || t.Slot < old) {
					old = t.Slot
				}
			}
			if old == 0 || s.template != template {
				old = 0
				if s.template == template {
					s.service.UpdateStatus = &swarm.UpdateStatus{State: swarm.UpdateStateCompleted, Message: "update completed"}
				}
				return
			}
			s.end(s.inSlot(old), swarm.TaskStateShutdown)
			s.reconcile(0)
		})
		if old == 0 {
			return
		}
		err := s.await(s.ctx, func() (bool, error) {
			t := s.inSlot(old)
			return s.template != template || old > s.replicas() || t != nil && t.Status.State == swarm.TaskStateRunning, nil
		})
		if err != nil {
			return
		}
	}
}

// node is a node by its id; nil for none.
func (s *Swarm) node(id string) *swarm.Node {
	for _, n := range s.nodes {
		if n.ID == id {
			return n
		}
	}
	return nil
}
