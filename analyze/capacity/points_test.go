package capacity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestReadPoints(t *testing.T) {
	got, err := ReadPoints(strings.NewReader("\ufeffn, Throughput ,mean_ms\n# the first is an old one\n1,100,9.5\n\n 2, 1.9e2,\n"), "p.csv")
	want := []Measured{{1, 100, 9.5}, {2, 190, 0}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	got, err = ReadPoints(strings.NewReader("throughput,n\n100,1\n"), "p.csv")
	if err != nil || !slices.Equal(got, []Measured{{1, 100, 0}}) {
		t.Errorf("columns in another order: %v, %v", got, err)
	}
}

func TestFaultsOfPoints(t *testing.T) {
	const head = "n,throughput,mean_ms\n"
	for text, want := range map[string]string{
		"":                               "p.csv: is empty: the first line must name the columns: n,throughput or n,throughput,mean_ms",
		"1,2\n":                          `p.csv:1:1: no column "1": the first line must name the columns: n,throughput or n,throughput,mean_ms`,
		"n,troughput\n":                  `p.csv:1:3: no column "troughput": did you mean throughput?`,
		"n,mean_ms\n":                    "p.csv:1:1: has no column throughput: the first line must name the columns: n,throughput or n,throughput,mean_ms",
		"n,throughput,n\n":               "p.csv:1:14: column n is there twice",
		head:                             "p.csv: has no points: below the first line, write one line for each size",
		head + "1,2,3\nx,2,3\n":          `p.csv:3:1: n: must be a number, got "x"`,
		head + "1,-2,3\n":                "p.csv:2:3: throughput: must be greater than 0, got -2",
		head + "1,0,3\n":                 "p.csv:2:3: throughput: must be greater than 0, got 0",
		head + "1,NaN,3\n":               `p.csv:2:3: throughput: must be a number, got "NaN"`,
		head + "1,2,1e13\n":              "p.csv:2:5: mean_ms: must be at most 1e+12, got 1e13",
		head + "1,,3\n":                  `p.csv:2:3: throughput: must be a number, got ""`,
		head + "1,2\n":                   "p.csv:2:1: must have as many fields as the first line, 3",
		head + "1,\"2,3\n":               "p.csv:2:8: extraneous or missing \" in quoted-field",
		head + "1,1\"2\",3\n":            "p.csv:2:4: bare \" in non-quoted-field",
		head + "1,1e999,3\n":             `p.csv:2:3: throughput: must be a number, got "1e999"`,
		strings.Repeat("#\n", 6e5):       "p.csv: is larger than 1048576 bytes: give the throughputs, one line for each size",
		"n,throughput\n" + lines(10_001): "p.csv: has more than 10000 points",
	} {
		if got, err := ReadPoints(strings.NewReader(text), "p.csv"); err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, %v, want %s", text, got, err, want)
		}
	}
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,1\n", i+1)
	}
	return b.String()
}

// Whatever is read has positive figures, and every fault names the file.
func FuzzReadPoints(f *testing.F) {
	f.Add("n,throughput,mean_ms\n1,100,9.5\n2,190,\n")
	f.Add("throughput,n\n\"1\",2\n# x\n")
	f.Fuzz(func(t *testing.T, text string) {
		points, err := ReadPoints(strings.NewReader(text), "p.csv")
		if err != nil && !strings.HasPrefix(err.Error(), "p.csv:") || err == nil && len(points) == 0 {
			t.Fatalf("%d points, %v", len(points), err)
		}
		for _, p := range points {
			if !(p.N > 0 && p.Throughput > 0 && p.MeanMS >= 0 && p.N <= largest && p.Throughput <= largest && p.MeanMS <= largest) {
				t.Fatalf("read %+v", p)
			}
		}
	})
}
