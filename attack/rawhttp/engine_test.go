package rawhttp_test

import (
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/attacktest"
	"github.com/stress-tool/stress/attack/rawhttp"
)

func TestConformance(t *testing.T) {
	if !rawhttp.Available() {
		t.Skip("the engine works on Linux only")
	}
	attacktest.Run(t, func() attack.Engine { return rawhttp.New(rawhttp.Options{UserAgent: "stress/test"}) })
}
