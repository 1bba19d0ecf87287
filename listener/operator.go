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

// address says where the commands of the operator find a listener, and the token that it needs.
type address struct {
	admin, tokenFile, config string
}

// place says where its store is as well.
type place struct {
	address
	dataDir string
}

// aboutPlace is said in the help of every command that has a place.
const aboutPlace = `The command connects to the admin address of the running listener. If nothing
answers there, it opens the store that -config or -data-dir names; it needs no
secrets for that.`

func (a *address) define(flags *flag.FlagSet) {
	flags.StringVar(&a.admin, "admin", "http://127.0.0.1:8081", "admin `address` of the listener: a URL, or a host and a port")
	flags.StringVar(&a.tokenFile, "token-file", "", "`file` with the token for the admin address\n(default admin.token_file of the configuration)")
	flags.StringVar(&a.config, "config", "", "configuration `file` of the listener")
}

// client returns a client of the listener. A token that cannot be read is a problem only where one
// is needed.
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

// operatorClient is a client that says why it has no token when it needs one.
type operatorClient struct {
	*admin.Client
	problem error
}

// explain adds to the error of a request what is wrong with the token.
func (c *operatorClient) explain(err error) error {
	if errors.Is(err, admin.ErrToken) && c.problem != nil {
		return fmt.Errorf("the listener at %s needs a token, which cannot be read: %w", c.Address(), c.problem)
	}
	return err
}

func definePlace(flags *flag.FlagSet) *place {
	defined := new(place)
	defined.define(flags)
	flags.StringVar(&defined.dataDir, "data-dir", "", "data `directory` of the listener\n(default: that of the configuration, else $STATE_DIRECTORY,\nelse ./listener-data)")
	return defined
}

// desk is where a command of the operator sits.
type desk struct {
	admin.API
	// note says that no listener runs; "" when one does.
	note  string
	close func() error
}

// at calls act with the desk of a place.
func (p *place) at(ctx context.Context, act func(desk desk) error) error {
	return p.use(ctx, admin.Open, act)
}

// look is at for commands that change nothing: a store may be looked at while another process uses
// it.
func (p *place) look(ctx context.Context, act func(desk desk) error) error {
	return p.use(ctx, admin.OpenReadOnly, act)
}

// opener opens the store of a listener that does not run.
type opener func(ctx context.Context, stored config.Stored, logger *slog.Logger, now func() time.Time) (*admin.Opened, error)

func (p *place) use(ctx context.Context, openStore opener, act func(desk desk) error) error {
	found, err := p.open(ctx, openStore)
	if err != nil {
		return err
	}
	return errors.Join(act(found), found.close())
}

// open asks the admin address, and opens the store if nothing answers there.
func (p *place) open(ctx context.Context, openStore opener) (desk, error) {
	client, err := p.client()
	if err != nil {
		return desk{}, err
	}
	_, err = client.Destinations(ctx)
	if err == nil {
		return desk{API: client, close: func() error { return nil }}, nil
	}
	if !errors.Is(err, admin.ErrNobody) {
		return desk{}, client.explain(err)
	}
	stored, err := config.LoadStore(config.Source{File: p.config, DataDir: p.dataDir, LookupEnv: os.LookupEnv})
	if err != nil {
		return desk{}, fmt.Errorf("nothing answers at %s, and the configuration does not say where the store is:\n  %s",
			client.Address(), strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	where := describePlace(stored.Store)
	// What the store warns of concerns whoever runs it for long.
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	opened, err := openStore(ctx, stored, logger, time.Now)
	switch {
	case errors.Is(err, queue.ErrLocked):
		return desk{}, fmt.Errorf("nothing answers at %s, and another process holds the store in %s; give its admin address with -admin", client.Address(), where)
	case errors.Is(err, queue.ErrNoStore):
		return desk{}, fmt.Errorf("nothing answers at %s, and %w; give the listener's admin address with -admin, or its store with -config or -data-dir", client.Address(), err)
	case err != nil:
		return desk{}, fmt.Errorf("nothing answers at %s, and the store in %s cannot be opened: %w", client.Address(), where, err)
	}
	return desk{
		API: opened, close: opened.Close,
		note: fmt.Sprintf("No listener answers at %s; this is the content of the store in %s.", client.Address(), where),
	}, nil
}

// describePlace says where a store is.
func describePlace(store config.Store) string {
	if store.PostgresURL.Reveal() != "" {
		return "a PostgreSQL database"
	}
	return store.Dir
}

// writeNote says after everything else that no listener runs.
func (d desk) writeNote(out io.Writer) error {
	if d.note == "" {
		return nil
	}
	_, err := fmt.Fprintln(out, d.note)
	return err
}

// noOperands refuses arguments of a command that takes none.
func noOperands(operands []string) error {
	if len(operands) > 0 {
		return &usageError{fmt.Sprintf("unexpected argument %q", operands[0])}
	}
	return nil
}

// writeTable writes rows in columns. The first row is that of the titles.
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

// cell keeps a text to its place in a table, and from speaking to the terminal: names in events are
// not ours.
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

// writeLines writes values as JSON, one a line.
func writeLines[V any](out io.Writer, values []V) error {
	encoder := json.NewEncoder(out)
	for _, value := range values {
		if err := encoder.Encode(value); err != nil {
			return err
		}
	}
	return nil
}

// briefly words how long something takes in its largest unit, such as 12m; "" stands for a time
// that is not known.
func briefly(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	length := max(0, to.Sub(from))
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}} {
		// Two of a unit are needed, so that a rest of almost one is not lost.
		if length >= 2*unit.length {
			return fmt.Sprintf("%d%s", length/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%ds", length/time.Second)
}

// count words a number of dead letters.
func count(number int) string {
	if number == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", number)
}
