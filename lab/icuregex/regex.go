// Package regex stands in for github.com/dolthub/go-icu-regex in this project's
// own builds. The original compiles ICU from WebAssembly when a process starts,
// whether or not it ever sees a regular expression: 0.4 s of CPU and 20 MB for
// every call of stress and for every child of its lab. Here REGEXP means Go's
// regular expressions; nothing in the lab depends on the difference.
package regex

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// Regex is the original's interface. Positions and occurrences count from 1, in
// bytes; 0 is taken for 1.
type Regex interface {
	SetRegexString(ctx context.Context, regexStr string, flags RegexFlags) error
	SetMatchString(ctx context.Context, matchStr string) error
	IndexOf(ctx context.Context, start int, occurrence int, endIndex bool) (int, error)
	Matches(ctx context.Context, start int, occurrence int) (bool, error)
	Replace(ctx context.Context, replacementStr string, position int, occurrence int) (string, error)
	Substring(ctx context.Context, start int, occurrence int) (string, bool, error)
	StringBufferSize() uint32
	Close() error
}

// RegexFlags are ICU's.
type RegexFlags uint32

// The flags that SQL can ask for.
const (
	RegexFlags_None             RegexFlags = 0
	RegexFlags_Unix_Lines       RegexFlags = 1
	RegexFlags_Case_Insensitive RegexFlags = 2
	RegexFlags_Multiline        RegexFlags = 8
	RegexFlags_Dot_All          RegexFlags = 32
)

// SetRegexLeakHandler does nothing: nothing here can leak.
func SetRegexLeakHandler(func()) {}

// CreateRegex makes an expression that matches nothing until it is set.
func CreateRegex(uint32) Regex { return &expression{} }

type expression struct {
	re   *regexp.Regexp
	text string
}

var errNotSet = errors.New("SetRegexString must be called before any other function")

func (e *expression) SetRegexString(_ context.Context, pattern string, flags RegexFlags) error {
	prefix := ""
	for _, f := range []struct {
		flag   RegexFlags
		letter string
	}{{RegexFlags_Case_Insensitive, "i"}, {RegexFlags_Multiline, "m"}, {RegexFlags_Dot_All, "s"}} {
		if flags&f.flag != 0 {
			prefix += "(?" + f.letter + ")"
		}
	}
	re, err := regexp.Compile(prefix + pattern)
	if err != nil {
		return fmt.Errorf("the given regular expression is invalid: %w", err)
	}
	e.re = re
	return nil
}

func (e *expression) SetMatchString(_ context.Context, text string) error {
	e.text = text
	return nil
}

// find returns the bounds of an occurrence, nil if there is none.
func (e *expression) find(start, occurrence int) ([]int, error) {
	if e.re == nil {
		return nil, errNotSet
	}
	start, occurrence = max(start, 1), max(occurrence, 1)
	if start > len(e.text)+1 {
		return nil, nil
	}
	found := e.re.FindAllStringIndex(e.text[start-1:], occurrence)
	if len(found) < occurrence {
		return nil, nil
	}
	last := found[occurrence-1]
	return []int{last[0] + start - 1, last[1] + start - 1}, nil
}

func (e *expression) IndexOf(_ context.Context, start, occurrence int, endIndex bool) (int, error) {
	bounds, err := e.find(start, occurrence)
	switch {
	case err != nil || bounds == nil:
		return 0, err
	case endIndex:
		return bounds[1] + 1, nil
	}
	return bounds[0] + 1, nil
}

func (e *expression) Matches(_ context.Context, start, occurrence int) (bool, error) {
	bounds, err := e.find(start, occurrence)
	return bounds != nil, err
}

func (e *expression) Substring(_ context.Context, start, occurrence int) (string, bool, error) {
	bounds, err := e.find(start, occurrence)
	if err != nil || bounds == nil {
		return "", false, err
	}
	return e.text[bounds[0]:bounds[1]], true, nil
}

// Replace replaces one occurrence, or all from position on if occurrence is 0.
func (e *expression) Replace(_ context.Context, replacement string, position, occurrence int) (string, error) {
	if occurrence == 0 {
		if e.re == nil {
			return "", errNotSet
		}
		head := min(max(position, 1)-1, len(e.text))
		return e.text[:head] + e.re.ReplaceAllString(e.text[head:], replacement), nil
	}
	bounds, err := e.find(position, occurrence)
	if err != nil || bounds == nil {
		return e.text, err
	}
	match := e.text[bounds[0]:bounds[1]]
	return e.text[:bounds[0]] + e.re.ReplaceAllString(match, replacement) + e.text[bounds[1]:], nil
}

func (e *expression) StringBufferSize() uint32 { return 0 }

func (e *expression) Close() error { return nil }
