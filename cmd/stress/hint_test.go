package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stress-tool/stress/history"
	"github.com/stress-tool/stress/run"
)

func TestErrorsSayWhatToType(t *testing.T) {
	refused := errors.New("connection refused")
	for _, c := range []struct {
		err  error
		want string
	}{
		{&run.UnreachableError{What: "target a", Err: refused, Silent: true}, "target a: connection refused: is it up? `stress lab` starts a system to try with"},
		{&run.UnreachableError{What: "target a", Err: errors.New("must not be loaded")}, "target a: must not be loaded"},
		{&run.UnreachableError{What: "ledger", Err: refused}, "ledger: connection refused"},
		{fmt.Errorf("%w is called %q", history.ErrNone, "x"), "no baseline is called \"x\"; `stress baseline list` names those that there are, `stress baseline save RUN` keeps one"},
	} {
		if got := explained(fmt.Errorf("gate: %w", c.err)); got != "gate: "+c.want {
			t.Errorf("%q, want %q", got, "gate: "+c.want)
		}
	}
}
