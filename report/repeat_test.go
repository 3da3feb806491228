package report

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/analyze/result"
)

// A shell makes of the quoted words what they were, and nothing in them can be mistaken on a page.
func TestCommandsAreQuotedForAShell(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skipf("!!! LEFT OUT: %v", err)
	}
	check := func(t interface{ Fatalf(string, ...any) }, args []string) {
		command := repeatOf(result.RunInfo{Command: append([]string{"printf", `%s\0`}, args...)}).Command
		if i := strings.IndexFunc(command, func(r rune) bool { return r < ' ' || r == 0x202e || r == 0x7f }); i >= 0 {
			t.Fatalf("%q has a character that cannot be seen", command)
		}
		cmd := exec.Command(bash, "--norc", "-c", command)
		cmd.Env = []string{"LC_ALL=C.UTF-8"}
		out, err := cmd.Output()
		if err != nil || string(out) != strings.Join(args, "\x00")+"\x00" {
			t.Fatalf("%q became %q, %v by %s", args, out, err, command)
		}
	}
	check(t, []string{"", "a b", "it's", `\n`, "$HOME `id` $(id)", "line\nline", "\u202etxet", "\xff\xfe0", "tab\t7", "«redacted»", "*", "~", "é", "'\n'", "%41"})
	rapid.Check(t, func(t *rapid.T) {
		arg := rapid.StringN(0, 12, -1).Draw(t, "arg")
		if !strings.Contains(arg, "\x00") { // no argument can hold it
			check(t, []string{arg})
		}
	})
}

func TestWhatARepeatedCommandNeeds(t *testing.T) {
	got := repeatOf(result.RunInfo{Command: []string{"stress", "run", "a b.yaml", "--header", "X-Key: «redacted»"}, Variables: []string{"A", "B"}})
	if got.Command != `stress run 'a b.yaml' --header 'X-Key: «redacted»'` || got.Needs != "the secrets in place of «redacted» and the environment's A and B" {
		t.Errorf("%+v", got)
	}
	if got := repeatOf(result.RunInfo{}); got != (repeat{}) {
		t.Errorf("of a run that kept none: %+v", got)
	}
}
