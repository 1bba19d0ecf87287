package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/port-changelog/terraform-provider-port/listener/internal/admin"
	"github.com/port-changelog/terraform-provider-port/listener/internal/config"
	"github.com/port-changelog/terraform-provider-port/listener/internal/message"
	"github.com/port-changelog/terraform-provider-port/listener/internal/rule"
)

// Reload reads the configuration again and applies it, without an event or an alert being lost.
// What did not change goes on as it was: of the workers only those whose destination is new, gone
// or described otherwise are touched, and what those are about to deliver is not waited for. After
// an error everything is as it was before. It says in a few words what it did.
func (a *App) Reload(ctx context.Context) (string, error) {
	unlock, err := a.loading.acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("another reload is at work: %w", err)
	}
	defer unlock()
	// Whoever asked for it may have gone.
	outcome, err := a.reload(context.WithoutCancel(ctx))
	a.metrics.Reloaded(err == nil)
	a.operator.note(admin.Reload{At: a.options.Now(), Successful: err == nil, Said: outcomeOf(outcome, err)})
	if err != nil {
		a.options.Logger.ErrorContext(ctx, "the configuration was not reloaded; the previous one stays in use", "cause", strings.ReplaceAll(err.Error(), "\n", "; "))
		return "", err
	}
	a.options.Logger.InfoContext(ctx, "the configuration was reloaded", "config", outcome)
	return outcome, nil
}

// outcomeOf is what a reload did, or what is wrong.
func outcomeOf(success string, err error) string {
	if err != nil {
		return err.Error()
	}
	return success
}

func (a *App) reload(ctx context.Context) (string, error) {
	loaded, err := a.load(ctx)
	if err != nil {
		return "", err
	}
	next, err := a.settings.prepare(loaded)
	if err != nil {
		return "", err
	}
	created, err := a.notifiers.prepare(loaded.Destinations)
	if err != nil {
		return "", err
	}
	channel, err := a.smee.prepare(loaded)
	if err != nil {
		return "", err
	}
	ended := a.notifiers.stopReplaced(created, loaded.HasDestination)
	a.settings.apply(next)
	a.notifiers.add(created)
	a.notifiers.start(ctx, created)
	a.notifiers.lookForRemoved()
	a.catchUp.reloaded(ctx)
	a.smee.use(ctx, channel)
	return describeReload(loaded, len(created), ended), nil
}

// load reads the configuration again, and checks that it can apply without a restart.
func (a *App) load(ctx context.Context) (*config.Config, error) {
	loaded, err := a.options.Load(func(template *message.Template, selected rule.Rule) error {
		return a.sandbox.Try(ctx, template, selected)
	})
	if err != nil {
		return nil, err
	}
	if !a.serving.Load() {
		return nil, errors.New("the listener is starting or stopping")
	}
	if fixed := a.options.Config.Fixed(loaded); len(fixed) > 0 {
		return nil, fmt.Errorf("%s cannot change while the listener is running; restart it to apply the change", strings.Join(fixed, ", "))
	}
	return loaded, nil
}

// describeReload says what a reload did.
func describeReload(loaded *config.Config, started, ended int) string {
	return fmt.Sprintf("%s Workers: %d started, %d stopped, %d unchanged.", loaded.Summary(), started, ended, len(loaded.Destinations)-started)
}
