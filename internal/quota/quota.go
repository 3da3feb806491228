// Package quota says how many processors a program may use: those of its machine, or what
// the control groups leave to it that it lives in, as a container does.
package quota

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Processors is how many this process may use at once, perhaps a part of one.
func Processors() float64 {
	all := float64(runtime.NumCPU())
	if left := Quota(); left > 0 {
		return min(all, left)
	}
	return all
}

// Quota is how many processors control groups leave to this process; 0 where they leave all,
// and on systems without them.
func Quota() float64 { return quota(os.DirFS("/")) }

// quota reads the groups of both versions: the quota of a group above binds as well as one's
// own, which is why Go's GOMAXPROCS, besides being a whole number, is not asked.
func quota(root fs.FS) float64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	mounts, err := fs.ReadFile(root, "proc/self/mountinfo")
	if err != nil {
		return 0
	}
	least := 0.0
	for line := range strings.Lines(string(groups)) {
		// cgroups(7): hierarchy-ID:controller-list:cgroup-path
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		two := fields[0] == "0" && fields[1] == ""
		if !two && !slices.Contains(strings.Split(fields[1], ","), "cpu") {
			continue
		}
		for _, m := range hierarchies(string(mounts), two) {
			for dir := range upwards(m, fields[2]) {
				if q := ofGroup(root, dir, two); q > 0 && (least == 0 || q < least) {
					least = q
				}
			}
		}
	}
	return least
}

// hierarchy is a mounted tree of groups, or the part of it from a group on.
type hierarchy struct{ from, at string }

// hierarchies are the mounted ones of version two, or those of version one that divide the
// processors.
func hierarchies(mounts string, two bool) (found []hierarchy) {
	for line := range strings.Lines(mounts) {
		// proc_pid_mountinfo(5): id parent device root mount-point options … - type source options
		about, system, ok := strings.Cut(strings.TrimSpace(line), " - ")
		fields, kind := strings.Fields(about), strings.Fields(system)
		if !ok || len(fields) < 5 || len(kind) < 3 {
			continue
		}
		if two && kind[0] == "cgroup2" || !two && kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "cpu") {
			found = append(found, hierarchy{from: fields[3], at: fields[4]})
		}
	}
	return found
}

// upwards yields the directory of a group and of every group above it that is mounted.
func upwards(h hierarchy, group string) func(func(string) bool) {
	below, inside := strings.CutPrefix(path.Clean(group), strings.TrimSuffix(h.from, "/"))
	if !inside {
		below = "" // the mount begins at a group that the process sees under another name
	}
	dir := path.Join(h.at, below)
	return func(yield func(string) bool) {
		for yield(dir) && len(dir) > len(h.at) {
			dir = path.Dir(dir)
		}
	}
}

// ofGroup is a group's own quota in processors, 0 for none.
func ofGroup(root fs.FS, dir string, two bool) float64 {
	if two {
		limits := strings.Fields(read(root, dir, "cpu.max")) // quota, or max, and period
		if len(limits) != 2 {
			return 0
		}
		return share(limits[0], limits[1])
	}
	return share(read(root, dir, "cpu.cfs_quota_us"), read(root, dir, "cpu.cfs_period_us"))
}

// share is 0 for a quota that is no number above 0: max, or −1.
func share(quota, period string) float64 {
	q, qerr := strconv.ParseFloat(quota, 64)
	p, perr := strconv.ParseFloat(period, 64)
	if qerr != nil || perr != nil || !(q > 0 && p > 0) {
		return 0
	}
	return q / p
}

func read(root fs.FS, dir, name string) string {
	text, _ := fs.ReadFile(root, strings.TrimPrefix(path.Join(dir, name), "/"))
	return string(bytes.TrimSpace(text))
}
