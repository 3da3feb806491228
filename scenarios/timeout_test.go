package scenarios

import "testing"

func TestATimeoutLongerThanWhatIsRecordedIsAFault(t *testing.T) {
	for _, timeout := range []string{"2562047h", "744h", "20m1ms"} {
		wantFault(t, smallest, "load.timeout: must be at most 20m, got ", "load.timeout="+timeout)
	}
	parse(t, smallest, "load.timeout=20m")
}
