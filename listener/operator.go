package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/queue"
)

// address is how the operator's commands reach a listener: its admin address and token.
type address struct {
	admin, tokenFile, config string
}

// target is an address with the location of the store.
type target struct {
	address
	dataDir string
}

// aboutTarget is part of the help of every command with a target.
const aboutTarget = `The command connects to the admin address of the running listener. If nothing
answers there, it opens the store that -config or -data-dir names; it needs no
secrets for that.`

func (a *address) define(flags *flag.FlagSet) {
	flags.StringVar(&a.admin, "admin", "http://127.0.0.1:8081", "admin `address` of the listener: a URL, or a host and a port")
	flags.StringVar(&a.tokenFile, "token-file", "", "`file` with the token for the admin address\n(default admin.token_file of the configuration)")
	flags.StringVar(&a.config, "config", "", "configuration `file` of the listener")
}

// client returns a client of the listener. An unreadable token file only matters if the listener
// requires a token.
func (a *address) client() (*operatorClient, error) {
	token, problem := a.token()
	client, err := admin.NewClient(a.admin, token)
	if err != nil {
		return nil, &usageError{fmt.Sprintf("-admin: %v", err)}
	}
	return &operatorClient{Client: client, problem: problem}, nil
}

func (a *address) token() (string, error) {
	if a.tokenFile != "" {
		content, err := os.ReadFile(a.tokenFile)
		return strings.TrimSpace(string(content)), err
	}
	if a.config == "" {
		return "", nil
	}
	token, err := config.LoadToken(config.Source{File: a.config, LookupEnv: os.LookupEnv})
	return token.Reveal(), err
}

// operatorClient is a client whose errors explain why it has no token.
type operatorClient struct {
	*admin.Client
	problem error
}

// explain adds to an error why the token could not be read.
func (c *operatorClient) explain(err error) error {
	if errors.Is(err, admin.ErrToken) && c.problem != nil {
		return fmt.Errorf("the listener at %s requires a token, which cannot be read: %w", c.Address(), c.problem)
	}
	return err
}

func defineTarget(flags *flag.FlagSet) *target {
	defined := new(target)
	defined.define(flags)
	flags.StringVar(&defined.dataDir, "data-dir", "", "data `directory` of the listener\n(default: that of the configuration, else $STATE_DIRECTORY,\nelse ./listener-data)")
	return defined
}

// connection is an API of a running listener or of a store.
type connection struct {
	admin.API
	// note says that no listener is running, or is "".
	note  string
	close func() error
}

// at calls act with a connection to the target.
func (p *target) at(ctx context.Context, act func(connection connection) error) error {
	return p.use(ctx, admin.Open, act)
}

// look is like at for commands that change nothing: they can read a store while another process
// uses it.
func (p *target) look(ctx context.Context, act func(connection connection) error) error {
	return p.use(ctx, admin.OpenReadOnly, act)
}

// opener opens the store of a listener that is not running.
type opener func(ctx context.Context, stored config.Stored, logger *slog.Logger, now func() time.Time) (*admin.Opened, error)

func (p *target) use(ctx context.Context, openStore opener, act func(connection connection) error) error {
	opened, err := p.open(ctx, openStore)
	if err != nil {
		return err
	}
	return errors.Join(act(opened), opened.close())
}

// open connects to the admin address, and opens the store if nothing answers there.
func (p *target) open(ctx context.Context, openStore opener) (connection, error) {
	client, err := p.client()
	if err != nil {
		return connection{}, err
	}
	_, err = client.Destinations(ctx)
	if err == nil {
		return connection{API: client, close: func() error { return nil }}, nil
	}
	if !errors.Is(err, admin.ErrNoListener) {
		return connection{}, client.explain(err)
	}
	stored, err := config.LoadStore(config.Source{File: p.config, DataDir: p.dataDir, LookupEnv: os.LookupEnv})
	if err != nil {
		return connection{}, fmt.Errorf("nothing answers at %s, and the configuration does not say where the store is:\n  %s",
			client.Address(), strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	where := describeLocation(stored.Store)
	// Warnings of the store only matter to a listener.
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	opened, err := openStore(ctx, stored, logger, time.Now)
	switch {
	case errors.Is(err, queue.ErrLocked):
		return connection{}, fmt.Errorf("nothing answers at %s, and another process uses the store in %s; pass its admin address with -admin", client.Address(), where)
	case errors.Is(err, queue.ErrNoStore):
		return connection{}, fmt.Errorf("nothing answers at %s, and %w; pass the listener's admin address with -admin, or its store with -config or -data-dir", client.Address(), err)
	case err != nil:
		return connection{}, fmt.Errorf("nothing answers at %s, and the store in %s cannot be opened: %w", client.Address(), where, err)
	}
	return connection{
		API: opened, close: opened.Close,
		note: fmt.Sprintf("No listener answers at %s; this is the content of the store in %s.", client.Address(), where),
	}, nil
}

// describeLocation says where a store is.
func describeLocation(store config.Store) string {
	if store.PostgresURL.Reveal() != "" {
		return "a PostgreSQL database"
	}
	return store.Dir
}

// writeNote prints the note, after all other output.
func (d connection) writeNote(out io.Writer) error {
	if d.note == "" {
		return nil
	}
	_, err := fmt.Fprintln(out, d.note)
	return err
}

// noOperands returns an error if there are operands.
func noOperands(operands []string) error {
	if len(operands) > 0 {
		return &usageError{fmt.Sprintf("unexpected argument %q", operands[0])}
	}
	return nil
}

// writeTable writes rows in columns. The first row contains the titles.
func writeTable(out io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = cell(text)
		}
		if _, err := fmt.Fprintln(table, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return table.Flush()
}

// cell makes a text safe for a table: names in events may contain line breaks and terminal escapes.
func cell(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// writeLines writes values as JSON, one per line.
func writeLines[V any](out io.Writer, values []V) error {
	encoder := json.NewEncoder(out)
	for _, value := range values {
		if err := encoder.Encode(value); err != nil {
			return err
		}
	}
	return nil
}

// briefly formats the time between two times in its largest unit, such as 12m. It returns "" if one
// of them is unknown.
func briefly(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	length := max(0, to.Sub(from))
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}} {
		// Use a unit only from two of it on, because the rest is cut off.
		if length >= 2*unit.length {
			return fmt.Sprintf("%d%s", length/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%ds", length/time.Second)
}

// count formats a number of dead letters.
func count(number int) string {
	if number == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", number)
}
