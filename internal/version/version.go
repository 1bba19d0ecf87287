// Package version says which build of the project runs. The commands show it, and the clients of
// Port and Slack send it in their User-Agent.
package version

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"
)

// unknown is the version of a build without one, such as a test.
const unknown = "dev"

// Current returns the version of the running program, such as "1.2.3", without a "v". Go stamps it:
// it is the tag of a clean checkout or of "go install", a pseudo-version of another commit, and
// "dev" without version control.
func Current() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	return ofModule(info.Main.Version)
}

func ofModule(module string) string {
	if module == "(devel)" {
		return unknown
	}
	return cmp.Or(strings.TrimPrefix(module, "v"), unknown)
}

// Describe returns what a command prints for -version: its name, its version, the commit if it is
// known, and the version of Go, such as "listener 1.2.3 (commit 0123abcd, go1.26.0)".
func Describe(command string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return command + " " + unknown
	}
	return describe(command, info)
}

func describe(command string, info *debug.BuildInfo) string {
	details := []string{info.GoVersion}
	if commit := setting(info, "vcs.revision"); commit != "" {
		if setting(info, "vcs.modified") == "true" {
			commit += ", modified"
		}
		details = []string{"commit " + commit, info.GoVersion}
	}
	return fmt.Sprintf("%s %s (%s)", command, ofModule(info.Main.Version), strings.Join(details, ", "))
}

func setting(info *debug.BuildInfo, key string) string {
	for _, setting := range info.Settings {
		if setting.Key == key {
			return setting.Value
		}
	}
	return ""
}
