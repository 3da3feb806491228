// Package account says who may come in to the pages of a server: by which password, for how long, and how
// often somebody may try.
package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/stress-tool/stress/internal/lazy"
)

// The parameters of argon2id: the second choice of RFC 9106, section 4, for where 2 GiB of memory for each
// log-in are too much.
const (
	passes  = 3
	memory  = 64 << 10 // KiB
	threads = 4
	salted  = 16 // bytes
	hashed  = 32 // bytes
)

// Bounds of a password: by NIST SP 800-63B length alone makes one good, and no kind of character is asked
// for.
const (
	leastPassword = 12   // characters
	mostPassword  = 1000 // bytes
)

// CheckPassword says what is wrong with a new password of an account.
func CheckPassword(name, password string) error {
	switch {
	case utf8.RuneCountInString(password) < leastPassword:
		return fmt.Errorf("password: want at least %d characters, such as four words", leastPassword)
	case len(password) > mostPassword:
		return fmt.Errorf("password: want at most %d bytes", mostPassword)
	case strings.Trim(password, password[:1]) == "":
		return errors.New("password: want more than one character again and again")
	case len(name) > 2 && utf8.RuneCountInString(strings.ReplaceAll(strings.ToLower(password), name, "")) < leastPassword:
		return fmt.Errorf("password: want at least %d characters beside the name", leastPassword)
	}
	return nil
}

var nameForm = lazy.Regexp(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// Name is the name of an account as it is kept: in small letters. Nothing in it means anything to a
// terminal, a header, a page or a file.
func Name(typed string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(typed))
	if !nameForm().MatchString(name) {
		return "", fmt.Errorf("account %.80q: want up to 64 of a-z, 0-9 and . _ @ -, a letter or digit first", typed)
	}
	return name, nil
}

// Hash is what is kept of a password, in the form of the password hashing competition:
// $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH.
func Hash(password string) string {
	salt := make([]byte, salted)
	rand.Read(salt) // it never fails
	return format(salt, argon2.IDKey([]byte(password), salt, passes, memory, threads, hashed))
}

func format(salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

// nobodys is the hash that the password of an account is held against that is not there, so that this takes
// as long. No password is known that has it.
var nobodys = format(make([]byte, salted), make([]byte, hashed))

// Matches reports that a password is the one of a hash. It takes the same time whether it is or not, and
// wherever it is another one.
func Matches(phc, password string) bool {
	p, err := parse(phc)
	if err != nil || len(password) > mostPassword {
		p, _ = parse(nobodys)
		p.never, password = true, ""
	}
	got := argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.threads, uint32(len(p.hash)))
	return subtle.ConstantTimeCompare(got, p.hash) == 1 && !p.never
}

// parsed is a hash with its parameters.
type parsed struct {
	passes, memory uint32
	threads        uint8
	salt, hash     []byte
	never          bool // no password has it
}

// Bounds of parameters that are read: a store from elsewhere may not take the machine's memory.
const (
	mostPasses = 16
	mostMemory = 1 << 20 // KiB
)

func parse(phc string) (p parsed, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, errors.New("it is no hash of argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil || fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.passes, p.threads) != parts[3] {
		return p, errors.New("its parameters cannot be read")
	}
	p.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	if err == nil {
		p.hash, err = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	}
	if err != nil || len(p.salt) < 8 || len(p.salt) > 64 || len(p.hash) < 16 || len(p.hash) > 64 ||
		p.passes < 1 || p.passes > mostPasses || p.threads < 1 || p.memory < 8*uint32(p.threads) || p.memory > mostMemory {
		return p, errors.New("its parameters are out of bounds")
	}
	return p, nil
}
