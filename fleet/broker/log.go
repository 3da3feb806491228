package broker

import (
	"fmt"
	"sync"
)

// log is what the server says: errors are told, and what kept it from beginning is kept.
type log struct {
	say   func(string)
	mu    sync.Mutex
	ended string
}

func (l *log) Errorf(format string, v ...any) {
	if l.say != nil {
		l.say(fmt.Sprintf(format, v...))
	}
}

// Fatalf does not end the process, as the server's own would.
func (l *log) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == "" {
		l.ended = fmt.Sprintf(format, v...)
	}
}

func (l *log) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Nobody needs the rest.
func (l *log) Warnf(string, ...any)   {}
func (l *log) Noticef(string, ...any) {}
func (l *log) Debugf(string, ...any)  {}
func (l *log) Tracef(string, ...any)  {}
