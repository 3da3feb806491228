package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stress-tool/stress/internal/browsertest"
	"github.com/stress-tool/stress/report/reporttest"
)

// printed is a page on paper: the lines of text on each sheet.
func printed(t *testing.T, page []byte) [][]string {
	t.Helper()
	var tools []string
	for _, names := range [][]string{browsertest.Names, {"pdftotext"}} {
		i := slices.IndexFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
		if i < 0 {
			t.Skipf("!!! LEFT OUT: none of %v is installed", names)
		}
		tools = append(tools, names[i])
	}
	dir := t.TempDir()
	file, paper := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	print := exec.CommandContext(t.Context(), tools[0], "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--print-to-pdf="+paper, "file://"+file)
	if out, err := print.CombinedOutput(); err != nil {
		t.Fatalf("printing: %v\n%s", err, out)
	}
	text, err := exec.CommandContext(t.Context(), tools[1], "-layout", paper, "-").Output()
	if err != nil {
		t.Fatalf("reading the print: %v", err)
	}
	var sheets [][]string
	for sheet := range strings.SplitSeq(strings.TrimSuffix(string(text), "\f"), "\f") {
		var lines []string
		for line := range strings.Lines(sheet) {
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				lines = append(lines, line)
			}
		}
		sheets = append(sheets, lines)
	}
	return sheets
}

var (
	// headings are those of a page that what follows must not be parted from.
	headings = regexp.MustCompile(`(?s)<(?:h2|h3|caption)[^>]*>(.*?)</(?:h2|h3|caption)>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
)

// On paper the first sheet is the memo, every sheet has its number, none is nearly empty, and a
// heading stands with what it is of.
func TestPrintedPages(t *testing.T) {
	runs := everyRun(t)
	for name, memo := range map[string][]string{
		"recorded-shop":   {"PASS", "cluster better than single", "successes", "p95", "error rate", "outage", "rows lost", "Who served"},
		"recorded-rounds": {"Key figures", "rows lost", "Who served"},
	} {
		page := pageOf(t, runs[name])
		var titles []string
		for _, m := range headings.FindAllSubmatch(page, -1) {
			titles = append(titles, strings.Join(strings.Fields(tags.ReplaceAllString(string(m[1]), "")), " "))
		}
		sheets := printed(t, page)
		if len(sheets) < 3 {
			t.Fatalf("%s: %d sheets", name, len(sheets))
		}
		first := strings.Join(sheets[0], "\n")
		for _, want := range memo {
			if !strings.Contains(first, want) {
				t.Errorf("%s: the first sheet lacks %q:\n%s", name, want, first)
			}
		}
		if strings.Contains(first, "Comparison:") || strings.Contains(first, "Thresholds") {
			t.Errorf("%s: the first sheet is more than the memo:\n%s", name, first)
		}
		for i, lines := range sheets {
			number := itoa(i+1) + " / " + itoa(len(sheets))
			if len(lines) == 0 || lines[len(lines)-1] != number {
				t.Errorf("%s: sheet %d does not end with %q: %q", name, i+1, number, lines)
				continue
			}
			lines = lines[:len(lines)-1]
			if len(lines) < 8 && i < len(sheets)-1 {
				t.Errorf("%s: sheet %d is nearly empty: %q", name, i+1, lines)
			}
			if last := lines[len(lines)-1]; slices.Contains(titles, last) {
				t.Errorf("%s: sheet %d ends with the heading %q", name, i+1, last)
			}
		}
	}
}

// The first sheet of a study is the memo, whole and alone.
func TestAPrintedStudyBeginsWithItsMemo(t *testing.T) {
	var b strings.Builder
	if err := StudyFormats["html"](&b, reporttest.Studies(t)["study"], Options{Full: true}); err != nil {
		t.Fatal(err)
	}
	sheets := printed(t, []byte(b.String()))
	first := strings.Join(sheets[0], " ")
	for _, want := range []string{"With three containers your 340/s", "for EUR", "95 of 100 requests", "take this", "March 2028", "If the mean rate is", "The database is not scaled"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first sheet lacks %q:\n%s", want, first)
		}
	}
	if strings.Contains(first, "saturation") || len(sheets) < 3 {
		t.Errorf("the first of %d sheets is more than the memo:\n%s", len(sheets), first)
	}
}

// Trends are printed too.
func TestAPrintedTrendHasItsDrawing(t *testing.T) {
	for name, trend := range reporttest.Trends(t) {
		var b strings.Builder
		if err := trendHTML(&b, trend, Options{}); err != nil {
			t.Fatal(err)
		}
		if len(trend.Changes) == 0 {
			continue
		}
		all := printed(t, []byte(b.String()))
		if text := strings.Join(slices.Concat(all...), "\n"); !strings.Contains(text, trend.Changes[0].Size) {
			t.Errorf("%s: no sheet has the change of %s", name, trend.Changes[0].Size)
		}
		return
	}
	t.Error("no trend of the tests has a change")
}
