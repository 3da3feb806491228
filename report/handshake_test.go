package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stress-tool/stress/report"
	"github.com/stress-tool/stress/report/reporttest"
)

// What TLS takes of opening connections stands apart in every form, and nowhere without TLS.
func TestHandshakesStandApart(t *testing.T) {
	for format, words := range map[string]string{"md": "the handshakes of TLS took", "html": "the handshakes of TLS took", "csv": "handshake_p50", "json": `"handshake_ms"`} {
		a := reporttest.Closed()
		for _, secured := range []bool{false, true} {
			if secured {
				a.Legs[0].Handshake = a.Legs[0].Connect
			}
			var page bytes.Buffer
			if err := report.Formats[format](&page, a, report.Options{Full: true}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(page.String(), words); got != secured {
				t.Errorf("%s, TLS %v: %q stands there: %v", format, secured, words, got)
			}
		}
	}
}

func TestFirstBytesStandApart(t *testing.T) {
	for format, words := range map[string]string{"md": "Time to first byte", "html": "Time to first byte", "csv": "first_byte_p50", "json": `"first_byte_ms"`} {
		a := reporttest.Closed()
		for _, kept := range []bool{false, true} {
			if kept {
				a.Legs[0].FirstByte = a.Legs[0].Service
			}
			var page bytes.Buffer
			if err := report.Formats[format](&page, a, report.Options{Full: true}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(page.String(), words); got != kept {
				t.Errorf("%s, kept %v: %q stands there: %v", format, kept, words, got)
			}
		}
	}
}
