package loaderio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
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
		return form(string(body))
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

// form is what a form stands for whose names are nested: urls[0][url]=…, as node's qs writes lists, or
// urls[][url]=…&urls[][request_type]=…, as Rails reads them: the names in turn are of one item, until one of
// them comes again.
func form(body string) (asked, error) {
	in := asked{}
	for part := range strings.SplitSeq(body, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, codeError{http.StatusBadRequest, fmt.Errorf("the body is neither a JSON object nor a form: %w", err)}
		}
		if name == "" {
			continue
		}
		if err := in.put(parts(name), value); err != nil {
			return nil, codeError{http.StatusBadRequest, fmt.Errorf("the form: %s: %w", name, err)}
		}
	}
	for _, name := range numbers {
		if s := in.text(name); s != "" {
			n, err := strconv.ParseFloat(s, 64)
			if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
				return nil, codeError{http.StatusUnprocessableEntity, fmt.Errorf("%s must be a number, got %q", name, s)}
			}
			in[name] = n
		}
	}
	return in, nil
}

// parts are the names within a nested name; an empty one is the place behind a list's last.
func parts(name string) []string {
	head, rest, _ := strings.Cut(name, "[")
	all := []string{head}
	if rest == "" {
		return all
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "]"), "][") {
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

// put puts a value where its names lead.
func (in asked) put(names []string, value string) error {
	v, err := put(in[names[0]], names[1:], value)
	in[names[0]] = v
	return err
}

// put is what stands at a place once a value stands where names lead from there.
func put(at any, names []string, value string) (any, error) {
	if len(names) == 0 {
		if _, text := at.(string); at != nil && !text {
			return nil, errors.New("is a text and something else")
		}
		return value, nil
	}
	n, err := strconv.Atoi(names[0])
	if names[0] == "" || err == nil {
		list, ok := at.([]any)
		if names[0] == "" {
			n = len(list)
			if n > 0 && lacks(list[n-1], names[1:]) {
				n--
			}
		}
		if at != nil && !ok || n < 0 || n >= mostListed {
			return nil, errors.New("is a list and something else, or too long a list")
		}
		for len(list) <= n {
			list = append(list, nil)
		}
		list[n], err = put(list[n], names[1:], value)
		return list, err
	}
	object, ok := at.(map[string]any)
	if at != nil && !ok {
		return nil, errors.New("is an object and something else")
	}
	if object == nil {
		object = map[string]any{}
	}
	object[names[0]], err = put(object[names[0]], names[1:], value)
	return object, err
}

// lacks reports that an item is an object in which nothing stands where names lead.
func lacks(item any, names []string) bool {
	for i, name := range names {
		object, ok := item.(map[string]any)
		if !ok {
			return false
		}
		if item, ok = object[name]; !ok {
			return true
		}
		if i == len(names)-1 {
			return false
		}
	}
	return false
}
