package main

import (
	"errors"

	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
)

// explained is what an error says, and what to type next. The packages that find an error
// know nothing of this command line: other programs use them too.
func explained(err error) string {
	var away *run.UnreachableError
	hint := ""
	switch {
	case errors.As(err, &away) && away.Silent:
		hint = ": is it up? `stress lab` starts a system to try with"
	case errors.Is(err, history.ErrNone):
		hint = "; `stress baseline list` names those that there are, `stress baseline save RUN` keeps one"
	}
	return err.Error() + hint
}
