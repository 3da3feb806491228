package untrusted

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// The bounds of [Check].
const (
	MaxText   = 64 << 10 // bytes of a text
	MaxList   = 1 << 14  // entries of a list or a mapping
	MaxNumber = 1 << 53  // up to here a JSON number is exact, and sums stay finite
	// MaxFile is what a file that is read whole may hold, in bytes.
	MaxFile = 64 << 20
)

// ErrBounds says that a value is beyond the bounds, so that this program cannot have written it.
var ErrBounds = errors.New("cannot be")

// Check returns an error for the first text, list or signed number in v beyond the bounds. The error names
// its place by JSON fields: "load.clients: cannot be 1e+308". Unsigned numbers are counts and have no bounds:
// the account of a run is checked elsewhere. NaN is accepted; it stands for null.
func Check(v any) error { return checkValue(reflect.ValueOf(v)) }

func checkValue(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return checkValue(v.Elem())
		}
	case reflect.Struct:
		return checkStruct(v)
	case reflect.Slice, reflect.Array:
		return checkList(v)
	case reflect.Map:
		return checkMap(v)
	case reflect.String:
		if v.Len() > MaxText {
			return fmt.Errorf("%w a text of %d bytes: the most are %d", ErrBounds, v.Len(), MaxText)
		}
	case reflect.Int, reflect.Int64:
		if n := v.Int(); n > MaxNumber || n < -MaxNumber {
			return fmt.Errorf("%w %d", ErrBounds, n)
		}
	case reflect.Float64:
		if x := v.Float(); x > MaxNumber || x < -MaxNumber {
			return fmt.Errorf("%w %v", ErrBounds, x)
		}
	}
	return nil
}

func checkStruct(v reflect.Value) error {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	for i := range v.NumField() {
		if err := checkValue(v.Field(i)); err != nil {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return atPlace(name, err)
		}
	}
	return nil
}

// atPlace adds the place of an error: "load.clients: cannot be 1e308".
func atPlace(place string, err error) error {
	var inner *placedError
	switch {
	case place == "":
		return err
	case errors.As(err, &inner):
		return &placedError{place + "." + inner.place, inner.err}
	}
	return &placedError{place, err}
}

type placedError struct {
	place string
	err   error
}

func (p *placedError) Error() string { return p.place + ": " + p.err.Error() }
func (p *placedError) Unwrap() error { return p.err }

func checkList(v reflect.Value) error {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return nil // JSON that was not decoded; the size of its file bounds it
	}
	if v.Len() > MaxList {
		return fmt.Errorf("%w a list of %d: the most are %d", ErrBounds, v.Len(), MaxList)
	}
	for i := range v.Len() {
		if err := checkValue(v.Index(i)); err != nil {
			return atPlace(fmt.Sprint(i), err)
		}
	}
	return nil
}

func checkMap(v reflect.Value) error {
	if v.Len() > MaxList {
		return fmt.Errorf("%w a list of %d: the most are %d", ErrBounds, v.Len(), MaxList)
	}
	for key, entry := range v.Seq2() {
		if err := errors.Join(checkValue(key), checkValue(entry)); err != nil {
			return atPlace(fmt.Sprintf("%.80q", fmt.Sprint(key)), err)
		}
	}
	return nil
}
