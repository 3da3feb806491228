package main

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// stream is the standard output or error. It keeps the first error, because much of the program
// prints without a check, and it calls readerGone when its reader went away. It may be used
// from several goroutines.
type stream struct {
	w          io.Writer
	readerGone func()

	mu  sync.Mutex
	err error // the first
}

// Write implements [io.Writer].
func (s *stream) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil && s.failed(err) && errors.Is(err, syscall.EPIPE) {
		s.readerGone()
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
