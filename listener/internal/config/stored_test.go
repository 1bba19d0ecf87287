package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// TestLoadStore reads files with only a valid store, without any secrets.
func TestLoadStore(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		file      string
		variables map[string]string
		dataDir   string
		want      config.Store
		names     []string
	}{
		{"no file", "", nil, "", config.Store{Dir: "./listener-data"}, nil},
		{"no file, under systemd", "", map[string]string{"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "", config.Store{Dir: "/var/lib/a"}, nil},
		{"a directory on the command line", "store: {dir: /file}\n", nil, "/line", config.Store{Dir: "/line"}, nil},
		{"a file of comments", "# nothing yet\n", nil, "", config.Store{Dir: "./listener-data"}, nil},
		{
			"secrets that are not set", "port: {client_secrets: [\"${NOT_SET}\"]}\nstore: {dir: \"${HERE}/data\", sync: 2s}\n" +
				"destinations:\n  team: {webhook_url: \"${NOT_SET}\"}\n  all: {webhook_url_file: /no/such/file}\n",
			map[string]string{"HERE": "/srv"},
			"",
			config.Store{Dir: "/srv/data", Sync: 2 * time.Second},
			[]string{"all", "team"},
		},
		{
			"mistakes elsewhere",
			"port:\nwebhook: &a {max_body: 0}\nrules: *a\n\"${NOT_SET}\": !t x\nstore: {dir: /srv}\ndestinations: {team: , all: *a}\n", nil, "",
			config.Store{Dir: "/srv"},
			[]string{"all", "team"},
		},
		{"sections of a later version", "rules: [{name: x, when: .a}]\nfuture: {x: [1]}\nstore: {dir: /srv}\n", nil, "", config.Store{Dir: "/srv"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := config.Source{DataDir: test.dataDir, LookupEnv: environment(test.variables)}
			if test.file != "" {
				source.File = write(t, "listener.yaml", test.file)
			}
			loaded, err := config.LoadStore(source)
			if err != nil {
				t.Fatal(err)
			}
			if loaded.Store.Dir != test.want.Dir || loaded.Store.Sync != test.want.Sync || loaded.Store.PostgresURL.Reveal() != "" {
				t.Errorf("the store is %+v, want %+v", loaded.Store, test.want)
			}
			if !reflect.DeepEqual(loaded.Destinations, test.names) {
				t.Errorf("the destinations are %v, want %v", loaded.Destinations, test.names)
			}
		})
	}
}

// TestSizesOfTheStore checks that the limits are those of the store.
func TestSizesOfTheStore(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]bool{queue.SmallestMaxBytes: true, queue.SmallestMaxBytes - 1: false, 1 << 40: true} {
		size := fmt.Sprintf("%dB", bytes)
		if bytes == 1<<40 {
			size = "1024GiB"
		}
		file := write(t, "listener.yaml", "store: {max_bytes: "+size+"}\n")
		loaded, err := config.LoadStore(config.Source{File: file, LookupEnv: environment(nil)})
		if (err == nil) != want || want && loaded.Store.MaxBytes != bytes {
			t.Errorf("%s is read as %d (%v)", size, loaded.Store.MaxBytes, err)
		}
	}
}

func TestLoadStoreOfADatabase(t *testing.T) {
	t.Parallel()
	file := write(t, "listener.yaml", "store: {postgres: {url: \" postgres://u:${PASSWORD}@db:5432/port\"}}\n")
	loaded, err := config.LoadStore(config.Source{File: file, LookupEnv: environment(map[string]string{"PASSWORD": "hunter2"})})
	if err != nil {
		t.Fatal(err)
	}
	if got := loaded.Store.PostgresURL.Reveal(); got != "postgres://u:hunter2@db:5432/port" {
		t.Errorf("the URL is %q", got)
	}
}

func TestLoadStoreFails(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, want string }{
		{"a variable of the store", "port: {}\nstore: {dir: \"${NOT_SET}\"}\n", ":2: store.dir: the environment variable NOT_SET is not set"},
		{"a key of the store", "store:\n  directory: x\n", `:2: "directory" is not a key of store`},
		{"no section", "store: here\n", ":1: store: it must be a section with the keys dir, sync, max_bytes, max_age and postgres"},
		{"a list instead of a text", "store: {dir: [a]}\n", ":1: store.dir: it must be a string"},
		{"no value", "store:\n", ":1: store has no value"},
		{"no value of a key", "store: {dir: }\n", ":1: store.dir has no value"},
		{"an alias", "a: &a x\nstore: {dir: *a}\n", ":2: YAML anchors and aliases"},
		{"a variable in a key", "store:\n  ${HERE}: x\n", ":2: \"${HERE}\" is a key"},
		{"a name of a destination", "store: {dir: x}\ndestinations:\n  A: {}\n", ":3: destinations.A: the name of a destination"},
		{"no YAML", "store: {\n", "it is not valid YAML"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "listener.yaml", test.file)
			_, err := config.LoadStore(config.Source{File: file, LookupEnv: environment(nil)})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), file) {
				t.Errorf("got %v, want an error about %q", err, test.want)
			}
		})
	}
}
