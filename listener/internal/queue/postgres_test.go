package queue_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
	"github.com/port-changelog/terraform-provider-port/listener/internal/testlog"
)

// TestTemporaryErrors tests after which errors a transaction is attempted again.
func TestTemporaryErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{errors.New("the connection broke"), true},
		// Another process holds the lease.
		{fmt.Errorf("acquiring a lease: %w", sql.ErrNoRows), false},
		{queue.ErrLaneLost, false},
	} {
		if got := queue.IsTemporary(test.err); got != test.want {
			t.Errorf("%v: %t", test.err, got)
		}
	}
}

// TestNotificationsReturn breaks the connection for notifications. The log says when it is down and
// when it is back.
func TestNotificationsReturn(t *testing.T) {
	t.Parallel()
	options := withPostgres(t)
	log := &testlog.Buffer{}
	options.Logger = slog.New(slog.NewTextHandler(log, nil))
	opened := open(t, options)
	defer closeQueue(t, opened)
	address, err := url.Parse(options.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	database, err := sql.Open("pgx", options.PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	eventually(t, "the connection is broken", func() bool {
		broken := 0
		err := database.QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' || $1 || '%'`,
			address.Query().Get("search_path")).Scan(&broken)
		return err == nil && broken == 1
	})
	for _, want := range []string{"the notification connection is down", "the notification connection is back"} {
		eventually(t, want, func() bool { return strings.Contains(log.String(), want) })
	}
}
