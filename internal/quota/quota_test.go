package quota

import (
	"testing"
	"testing/fstest"
)

const two = "25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

func TestQuotaOfControlGroups(t *testing.T) {
	const v1, v2 = "sys/fs/cgroup/cpu,cpuacct/", "sys/fs/cgroup/"
	from := func(root string) string {
		return "30 25 0:26 " + root + " /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n31 25 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
	}
	for name, c := range map[string]struct {
		groups, mounts string
		files          map[string]string
		want           float64
	}{
		"none":                     {"", "", nil, 0},
		"version 2":                {"0::/app\n", two, map[string]string{v2 + "app/cpu.max": "50000 100000\n"}, 0.5},
		"a group above":            {"0::/a/b/c\n", two, map[string]string{v2 + "a/cpu.max": "150000 100000\n", v2 + "a/b/cpu.max": "max 100000\n", v2 + "a/b/c/cpu.max": "200000 100000\n"}, 1.5},
		"in its own namespace":     {"0::/\n", two, map[string]string{v2 + "cpu.max": "20000 100000\n"}, 0.2},
		"no limit":                 {"0::/app\n", two, map[string]string{v2 + "app/cpu.max": "max 100000\n"}, 0},
		"a group beside it":        {"0::/app\n", two, map[string]string{v2 + "other/cpu.max": "50000 100000\n"}, 0},
		"a path from elsewhere":    {"0::/../other\n", two, map[string]string{v2 + "cpu.max": "70000 100000\n"}, 0.7},
		"version 1":                {"4:cpuset:/x\n3:cpu,cpuacct:/app\n", from("/"), map[string]string{v1 + "app/cpu.cfs_quota_us": "25000\n", v1 + "app/cpu.cfs_period_us": "50000\n"}, 0.5},
		"version 1, no limit":      {"3:cpu,cpuacct:/app\n", from("/"), map[string]string{v1 + "app/cpu.cfs_quota_us": "-1\n", v1 + "app/cpu.cfs_period_us": "100000\n"}, 0},
		"version 1 in a container": {"3:cpu,cpuacct:/docker/abc\n", from("/docker/abc"), map[string]string{v1 + "cpu.cfs_quota_us": "30000\n", v1 + "cpu.cfs_period_us": "100000\n"}, 0.3},
		"both versions":            {"3:cpu,cpuacct:/app\n0::/\n", from("/") + two, map[string]string{v1 + "app/cpu.cfs_quota_us": "30000\n", v1 + "app/cpu.cfs_period_us": "100000\n"}, 0.3},
		"nothing that is a quota":  {"0::/app\n\nx\n1:\n", "5 - \nx\n" + two, map[string]string{v2 + "app/cpu.max": "much 100000\n"}, 0},
		"a period of nothing":      {"0::/app\n", two, map[string]string{v2 + "app/cpu.max": "5000 0\n"}, 0},
	} {
		root := fstest.MapFS{"proc/self/cgroup": {Data: []byte(c.groups)}, "proc/self/mountinfo": {Data: []byte(c.mounts)}}
		for at, text := range c.files {
			root[at] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := quota(root); got != c.want {
			t.Errorf("%s: %v processors, want %v", name, got, c.want)
		}
	}
	if got := quota(fstest.MapFS{}); got != 0 {
		t.Errorf("%v processors of a system without control groups", got)
	}
}

func TestNobodyMayUseMoreThanThereAre(t *testing.T) {
	if n := Processors(); !(n > 0) {
		t.Errorf("%v processors", n)
	}
}
