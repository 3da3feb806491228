package loaderio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// asked is the body of a request as the members of a JSON object.
type asked map[string]any

// mostBody bounds a body: a test has a few URLs.
const mostBody = 1 << 20

// numbers are the members that are numbers; forms have them as text.
var numbers = []string{"duration", "total", "initial", "timeout", "error_threshold"}

// read reads the body of a request: JSON, or a form as clients of Ruby on Rails write it.
func read(w http.ResponseWriter, r *http.Request) (asked, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return nil, codeError{http.StatusRequestEntityTooLarge, fmt.Errorf("a body of more than %d bytes", mostBody)}
		}
		return nil, codeError{http.StatusBadRequest, err}
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return asked{}, nil
	}
	// The type says little: loader.io.api sends its forms as plain text.
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, codeError{http.StatusBadRequest, fmt.Errorf("the body is neither a JSON object nor a form: %w", err)}
		}
		return form(values)
	}
	var in asked
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, codeError{http.StatusBadRequest, fmt.Errorf("the body is no JSON: %w", err)}
	}
	return in, nil
}

// text is a member that is a text, "" for any other.
func (in asked) text(name string) string {
	s, _ := in[name].(string)
	return s
}

// form is what nested names of a form stand for: urls[0][url]=…, urls[][url]=… and
// urls[][headers][Accept]=….
func form(values url.Values) (asked, error) {
	in := asked{}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the numbers of a list come in their order
	for _, name := range names {
		for i, value := range values[name] {
			if err := in.put(parts(name, i), value); err != nil {
				return nil, codeError{http.StatusBadRequest, fmt.Errorf("the form: %s: %w", name, err)}
			}
		}
	}
	for _, name := range numbers {
		if s := in.text(name); s != "" {
			if _, err := strconv.ParseFloat(s, 64); err != nil {
				return nil, codeError{http.StatusUnprocessableEntity, fmt.Errorf("%s must be a number, got %q", name, s)}
			}
			in[name] = json.Number(s)
		}
	}
	return in, nil
}

// parts are the names within a nested name. An empty one is the place of its value among those of
// the same name.
func parts(name string, nth int) []string {
	head, rest, _ := strings.Cut(name, "[")
	all := []string{head}
	if rest == "" {
		return all
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "]"), "][") {
		if part == "" {
			part = strconv.Itoa(nth)
		}
		if all = append(all, part); len(all) == mostNested {
			break
		}
	}
	return all
}

// mostListed bounds the lists of a form, mostNested the names within a name.
const (
	mostListed = 1000
	mostNested = 8
)

// put puts a value where its names lead. Where the next name is a number there is a list.
func (in asked) put(names []string, value string) error {
	var put func(at any, names []string) (any, error)
	put = func(at any, names []string) (any, error) {
		if len(names) == 0 {
			return value, nil
		}
		if n, err := strconv.Atoi(names[0]); err == nil {
			list, ok := at.([]any)
			if at != nil && !ok || n < 0 || n >= mostListed {
				return nil, errors.New("is a list and something else, or too long a list")
			}
			for len(list) <= n {
				list = append(list, nil)
			}
			list[n], err = put(list[n], names[1:])
			return list, err
		}
		object, ok := at.(map[string]any)
		if at != nil && !ok {
			return nil, errors.New("is an object and something else")
		}
		if object == nil {
			object = map[string]any{}
		}
		v, err := put(object[names[0]], names[1:])
		object[names[0]] = v
		return object, err
	}
	v, err := put(in[names[0]], names[1:])
	in[names[0]] = v
	return err
}
