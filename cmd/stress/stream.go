package main

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// stream is the standard output or error. It remembers what went wrong, for much of the
// program prints and does not ask; and it tells when its reader went away. It may be
// used from several goroutines.
type stream struct {
	w    io.Writer
	lost func()

	mu  sync.Mutex
	err error // the first
}

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil && s.failed(err) && errors.Is(err, syscall.EPIPE) {
		s.lost()
	}
	return n, err
}

// failed keeps the first error, and reports that it was the first.
func (s *stream) failed(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.err == nil
	if first {
		s.err = err
	}
	return first
}

// broken reports that the reader went away.
func (s *stream) broken() bool { return errors.Is(s.fault(), syscall.EPIPE) }

// fault is the first error, nil without one.
func (s *stream) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
