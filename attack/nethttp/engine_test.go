package nethttp_test

import (
	"testing"

	"github.com/stress-tool/stress/attack"
	"github.com/stress-tool/stress/attack/attacktest"
	"github.com/stress-tool/stress/attack/nethttp"
)

func TestConformance(t *testing.T) {
	attacktest.Run(t, func() attack.Engine { return nethttp.New(nethttp.Options{UserAgent: "stress/test"}) })
}
