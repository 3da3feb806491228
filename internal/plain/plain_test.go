package plain

import (
	"testing"

	"pgregory.net/rapid"
)

func TestLineIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Line(rapid.String().Draw(t, "s"))
		if twice := Line(once); twice != once {
			t.Fatalf("%q became %q", once, twice)
		}
	})
	if got := Line("\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b(By \u009b1mz"); got != "red xy z" {
		t.Errorf("%q", got)
	}
}
