package control_test

import (
	"testing"

	"github.com/stress-tool/stress/server/control"
)

// What is shown of an address tells where it leads, and none of what lets somebody in there.
func TestAddressesAreShownWithoutSecrets(t *testing.T) {
	for address, want := range map[string]string{
		"": "", "https://ci.example/hook": "https://ci.example/hook", "https://ci.example/a%20b/c": "https://ci.example/a%20b/c",
		"https://user:secret@ci.example/": "https://user:xxxxx@ci.example/", "https://ci.example/?token=secret": "https://ci.example/?…",
		"https://hooks.chat.example/services/T0001/B0001/abcdefghijklmnopqrstuvwx": "https://hooks.chat.example/services/T0001/B0001/…",
		"https://ci.example/#secret": "https://ci.example/#…", "http://[::1": "",
	} {
		if got := control.PublicAddress(address); got != want {
			t.Errorf("%s is shown as %q, want %q", address, got, want)
		}
	}
}
