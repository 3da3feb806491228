package ownership_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stress-tool/stress/attack/ownership"
	"github.com/stress-tool/stress/attack/route"
)

func TestTokens(t *testing.T) {
	g := guard(t, nil)
	one := token(t, g, "http://www.test")
	if !regexp.MustCompile(`^loaderio-[0-9a-f]{32}$`).MatchString(one) {
		t.Fatalf("token %q", one)
	}
	for _, same := range []string{"https://www.test:443/x?y", "http://WWW.TEST.:80", "http://u:p@www.test"} {
		if token(t, g, same) != one {
			t.Errorf("%s has another token than http://www.test", same)
		}
	}
	seen := map[string]string{one: "http://www.test"}
	for _, other := range []string{"http://www.test:443", "http://test", "http://a.www.test", "http://two.test", "http://[2001:db8::1]"} {
		tok := token(t, g, other)
		if before, ok := seen[tok]; ok {
			t.Errorf("%s has the token of %s", other, before)
		}
		seen[tok] = other
	}
	if token(t, guard(t, nil), "http://www.test") == one {
		t.Error("two users share a token")
	}
	again := &ownership.Guard{KeyFile: g.KeyFile}
	if token(t, again, "http://www.test") != one {
		t.Error("the same key gave another token")
	}
}

func TestKeyFile(t *testing.T) {
	g := guard(t, nil)
	token(t, g, "http://www.test")
	info, err := os.Stat(g.KeyFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(g.KeyFile), ".key-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, damaged := range []string{"", "not hexadecimal", "abcd"} {
		if err := os.WriteFile(g.KeyFile, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Token(origin(t, "http://www.test")); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("key file %q: %v", damaged, err)
		}
	}
	nowhere := &ownership.Guard{KeyFile: filepath.Join(g.KeyFile, "key")}
	if _, err := nowhere.Token(origin(t, "http://www.test")); err == nil {
		t.Error("a key file below a file was made")
	}
	if err := check(t, nowhere, "http://www.test"); err == nil {
		t.Error("verified without a key")
	}
}

func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var wg sync.WaitGroup
	var mu sync.Mutex
	tokens := map[string]bool{}
	for range 16 {
		wg.Go(func() {
			tok, err := (&ownership.Guard{KeyFile: path}).Token(origin(t, "http://www.test"))
			mu.Lock()
			defer mu.Unlock()
			tokens[tok] = true
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(tokens) != 1 {
		t.Errorf("%d different tokens", len(tokens))
	}
}

// Without a directory of the user's own there is no key: a shared one would be anybody's.
func TestNoHomeIsNoKey(t *testing.T) {
	if _, err := (&ownership.Guard{}).Token(route.Origin{}); err == nil || !strings.Contains(err.Error(), "set HOME or XDG_CONFIG_HOME") {
		t.Errorf("error %v does not say what to do", err)
	}
}
