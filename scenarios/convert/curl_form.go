package convert

import (
	"errors"
	"fmt"
	"strings"

	"github.com/stress-tool/stress/internal/lazy"
)

// multipart is a form in parts (RFC 7578).
type multipart struct{ parts []part }

// part is one of them; kind is its Content-Type, "" for none.
type part struct{ name, value, kind string }

// boundary stands between the parts of a form. A scenario is a text that is compared: it is the
// same each time.
const boundary = "stress-form-boundary-7d91f3c2"

func (m multipart) body() string {
	var b strings.Builder
	quote := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")
	for _, p := range m.parts {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n", boundary, quote.Replace(p.name))
		if p.kind != "" {
			fmt.Fprintf(&b, "Content-Type: %s\r\n", p.kind)
		}
		fmt.Fprintf(&b, "\r\n%s\r\n", p.value)
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.String()
}

var (
	// quotedValue matches a value in quotes, and what stands between it and the next semicolon.
	quotedValue = lazy.Regexp(`^"((?:[^"\\]|\\["\\]|\\[^"\\])*)"[^;]*`)
	// formParameter matches a parameter of a value that says more than its type.
	formParameter = lazy.Regexp(`(?i);\s*(filename|headers|encoder)=`)
	formType      = lazy.Regexp(`(?is);\s*type=(.*)$`)
)

// formPart is a value of -F: NAME=VALUE, or NAME=VALUE;type=TYPE, VALUE in quotes where it holds a
// semicolon.
func formPart(s string) (part, error) {
	name, value, named := strings.Cut(s, "=")
	switch {
	case !named:
		return part{}, errors.New("must be NAME=VALUE")
	case strings.HasPrefix(value, "@"), strings.HasPrefix(value, "<"):
		return part{}, errors.New("a file in a form: keep the body in a file, and name that by --data-binary @FILE")
	}
	p, more := part{name: name}, ""
	value = strings.TrimLeft(value, " \t")
	if quoted := quotedValue().FindStringSubmatch(value); quoted != nil {
		p.value, more = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1]), value[len(quoted[0]):]
	} else if end := strings.IndexByte(value, ';'); end >= 0 {
		p.value, more = strings.TrimRight(value[:end], " \t"), value[end:]
	} else {
		p.value = strings.TrimRight(value, " \t")
	}
	if formParameter().MatchString(more) {
		return part{}, errors.New("a part of a form with a name of a file, headers or an encoder: keep the body in a file, and name that by --data-binary @FILE")
	}
	if kind := formType().FindStringSubmatch(more); kind != nil {
		p.kind = kind[1]
	}
	return p, nil
}
