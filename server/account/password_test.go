package account

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAPasswordMatchesItself(t *testing.T) {
	const password = "four wörds of mine"
	phc := Hash(password)
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("it is kept as %s", phc)
	}
	if again := Hash(password); again == phc {
		t.Error("two hashes of a password are the same: there is no salt")
	}
	if !Matches(phc, password) {
		t.Error("it does not match itself")
	}
	for _, other := range []string{"", password + " ", strings.ToUpper(password), password + "\x00", strings.Repeat("x", 10_000)} {
		if Matches(phc, other) {
			t.Errorf("%.40q matches it", other)
		}
	}
	if Matches(nobodys, "") || Matches("", "") || Matches("x", password) {
		t.Error("what is no hash is matched")
	}
}

// The vector of RFC 9106, section 5.3, has a secret and associated data, which nobody here uses; this one is
// of the reference implementation's tests (argon2id, version 19).
func TestHashesAreThoseOfOthers(t *testing.T) {
	if !Matches("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password") {
		t.Error("a hash of the reference implementation is not understood")
	}
}

func TestNamesMeanNothingElsewhere(t *testing.T) {
	for typed, want := range map[string]string{"Anna": "anna", " a.b_c@d-e ": "a.b_c@d-e", "9": "9"} {
		if got, err := Name(typed); err != nil || got != want {
			t.Errorf("%q is %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", " ", "-a", "a b", "a\r\nSet-Cookie: x=y", "<b>", "a\x00", "å", strings.Repeat("a", 65), "a/b", "../a", `a"b`} {
		if got, err := Name(typed); err == nil {
			t.Errorf("%q is %q", typed, got)
		}
	}
}

// Whatever a store holds in the place of a hash: it matches nothing, and takes no more than a hash does.
func FuzzParse(f *testing.F) {
	f.Add(nobodys)
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=-1,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, phc string) {
		p, err := parse(phc)
		if err == nil && (p.memory > mostMemory || p.passes > mostPasses || p.passes < 1 || p.threads < 1 || len(p.salt) < 8 || len(p.hash) < 16) {
			t.Errorf("%q has the parameters %+v", phc, p)
		}
	})
}

func TestPasswordsAreCheckedByLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.String().Draw(t, "password")
		err := CheckPassword("anna", password)
		if n := len([]rune(password)); n < leastPassword && err == nil {
			t.Fatalf("%q of %d characters is taken", password, n)
		}
	})
	for password, fine := range map[string]bool{
		"aaaaaaaaaaaaaaaaaaaa": false, "anna12345678": false, "correct horse battery": true, "パスワードはとても長いですよ": true, strings.Repeat("ab", 500): true, strings.Repeat("ab", 501): false,
	} {
		if err := CheckPassword("anna", password); (err == nil) != fine {
			t.Errorf("%.40q: %v", password, err)
		}
	}
}
