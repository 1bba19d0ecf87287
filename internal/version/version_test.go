package version

import (
	"runtime/debug"
	"testing"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	stamped := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.modified", Value: modified}}
	}
	tests := map[string]struct {
		module   string
		settings []debug.BuildSetting
		want     string
	}{
		"a release":                  {"v1.2.3", stamped("false"), "listener 1.2.3 (commit 0123abcd, go1.26.0)"},
		"go install":                 {"v1.2.3", nil, "listener 1.2.3 (go1.26.0)"},
		"a modified checkout":        {"v1.2.4-0.20261129084556-0123abcd+dirty", stamped("true"), "listener 1.2.4-0.20261129084556-0123abcd+dirty (commit 0123abcd, modified, go1.26.0)"},
		"no version control":         {"(devel)", nil, "listener dev (go1.26.0)"},
		"a program without a module": {"", nil, "listener dev (go1.26.0)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: test.module}, Settings: test.settings}
			if got := describe("listener", info); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
