//go:build !race

package rawhttp

func beforeSending() {}

func afterReceiving() {}
