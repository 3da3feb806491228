//go:build !linux

package rawhttp

import (
	"context"
	"errors"

	"github.com/stress-tool/stress/attack"
)

// Available reports whether this system can run the engine.
func Available() bool { return false }

func (e *Engine) run(context.Context, attack.Job, *attack.Meter) error {
	return errors.New("works on Linux only: use engine nethttp here")
}
