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

// Reload reads the configuration again and applies it, without losing an event or an alert. Workers
// whose destination did not change are not interrupted, and it does not wait for deliveries in
// progress. After an error, nothing has changed. It returns a short summary of the changes.
func (a *App) Reload(ctx context.Context) (string, error) {
	unlock, err := a.loading.acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("another reload is in progress: %w", err)
	}
	defer unlock()
	// The client that requested the reload may be gone.
	outcome, err := a.reload(context.WithoutCancel(ctx))
	a.metrics.Reloaded(err == nil)
	a.operator.note(admin.Reload{At: a.options.Now(), Successful: err == nil, Text: outcomeOf(outcome, err)})
	if err != nil {
		a.options.Logger.ErrorContext(ctx, "the configuration was not reloaded; the previous one stays in use", "cause", strings.ReplaceAll(err.Error(), "\n", "; "))
		return "", err
	}
	a.options.Logger.InfoContext(ctx, "the configuration was reloaded", "config", outcome)
	return outcome, nil
}

// outcomeOf returns the summary of a reload, or the error.
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

// load reads the configuration again, and checks that it can be applied without a restart.
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

// describeReload returns the summary of a reload.
func describeReload(loaded *config.Config, started, ended int) string {
	return fmt.Sprintf("%s Workers: %d started, %d stopped, %d unchanged.", loaded.Summary(), started, ended, len(loaded.Destinations)-started)
}
