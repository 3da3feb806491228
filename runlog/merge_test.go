package runlog_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/stress-tool/stress/runlog"
)

// filled is a second in which every field has some value, so that a field that Merge forgets is found.
func filled(t *rapid.T, label string) runlog.Second {
	var s runlog.Second
	fill(t, reflect.ValueOf(&s).Elem(), label)
	s.Hosts = 0 // a reader's own
	return s
}

func fill(t *rapid.T, v reflect.Value, label string) {
	n := rapid.IntRange(1, 1000).Draw(t, label)
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Uint64:
		v.SetUint(uint64(n))
	case reflect.Float64:
		v.SetFloat(float64(n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), label)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), label+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), label)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		if key.Kind() == reflect.String {
			key.SetString(rapid.SampledFrom([]string{"a", "b"}).Draw(t, label))
		} else {
			key.SetInt(int64(rapid.IntRange(200, 201).Draw(t, label)))
		}
		fill(t, value, label)
		v.SetMapIndex(key, value)
	default:
		t.Fatalf("%s: a field of kind %s", label, v.Kind())
	}
}

// Every field of two seconds is in their sum, whichever is merged into which.
func TestSecondsMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := filled(t, "a"), filled(t, "b"), filled(t, "c")
		b.T, c.T = a.T, a.T
		merge := func(ss ...runlog.Second) (sum runlog.Second) {
			sum.T = a.T
			for _, s := range ss {
				sum.Merge(s)
			}
			return sum
		}
		if got := merge(a); !reflect.DeepEqual(got.Standstills, a.Standstills) && a.Standstills[0].From <= a.Standstills[0].To {
			t.Fatalf("a second alone lost its standstills: %+v", got)
		} else if got.Standstills, got.Succeeded = a.Standstills, a.Succeeded; !reflect.DeepEqual(got, a) {
			t.Fatalf("a second merged with nothing is\n%+v, was\n%+v", got, a)
		}
		if x, y := merge(a, b, c), merge(c, b, a); !reflect.DeepEqual(x, y) {
			t.Fatalf("the order matters:\n%+v\n%+v", x, y)
		}
		nested := merge(a, merge(b, c))
		if x := merge(a, b, c); !reflect.DeepEqual(x, nested) {
			t.Fatalf("what was merged before matters:\n%+v\n%+v", x, nested)
		}
		sum := merge(a, b)
		for class := runlog.Success; class <= runlog.Cut; class++ {
			if sum.Of(class) != a.Of(class)+b.Of(class) {
				t.Fatalf("%s: %d, of %d and %d", class, sum.Of(class), a.Of(class), b.Of(class))
			}
		}
		if sum.AllSkipped() != a.AllSkipped()+b.AllSkipped() || sum.Due != a.Due+b.Due || sum.Sent != a.Sent+b.Sent || sum.Done != a.Done+b.Done {
			t.Fatalf("counts do not add up: %+v", sum)
		}
		before := filled(t, "before")
		kept := merge(before)
		sum = merge(before)
		sum.Merge(a)
		if again := merge(before); !reflect.DeepEqual(again, kept) {
			t.Fatal("merging changed the second that was merged from")
		}
	})
}
