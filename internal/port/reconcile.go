package port

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/port-changelog/terraform-provider-port/internal/jsonvalue"
)

// creation is a create whose outcome is determined by a read if the response is lost; see
// [EntityService.Create].
type creation[T any] struct {
	// read reads the object by its identifier; nil if Port generates the identifier.
	read func(ctx context.Context) (*T, error)
	// overwrites says that it does not matter whether the object existed before.
	overwrites bool
	// isOurs reports whether an object was created no earlier than the given time. If it is nil,
	// run reads before it creates.
	isOurs func(result *T, began time.Time) bool
	// sent is what a read must return afterwards, as encoded in JSON.
	sent   any
	create func(ctx context.Context) (*T, outcome, error)
}

// presence says whether an identifier was taken before a create.
type presence int

const (
	presenceUnknown presence = iota
	absent
	present
)

func (c creation[T]) run(ctx context.Context) (*T, error) {
	lingering, release := Linger(ctx)
	defer release()
	before, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	created, outcome, err := c.create(ctx)
	if err == nil {
		return created, nil
	}
	if !outcome.mayHaveHappened {
		return nil, markExists(err, before == present || c.isTaken(lingering, err))
	}
	if c.read == nil || (before != absent && !c.overwrites && c.isOurs == nil) {
		return nil, outcome.explain(err)
	}
	result, readErr := c.read(lingering)
	switch {
	// An abandoned request may still take effect later.
	case errors.Is(readErr, ErrNotFound) && ctx.Err() == nil:
		return nil, err
	case readErr != nil || !matchesSent(result, c.sent):
		return nil, outcome.explain(err)
	case c.isOurs != nil && !c.overwrites && !c.isOurs(result, began):
		return nil, outcome.explain(err)
	default:
		return result, nil
	}
}

// isTaken reads whether a create was refused because the identifier is taken: a 422 alone is
// ambiguous.
func (c creation[T]) isTaken(ctx context.Context, err error) bool {
	if c.isOurs == nil || c.read == nil || !errors.Is(err, ErrInvalid) {
		return false
	}
	_, readErr := c.read(ctx)
	return readErr == nil
}

// look reads the identifier before a create. If Port refuses the read, the create goes ahead; if
// Port does not respond, the create would fail as well.
func (c creation[T]) look(ctx context.Context) (presence, error) {
	if c.read == nil || c.overwrites || c.isOurs != nil {
		return presenceUnknown, nil
	}
	_, err := c.read(ctx)
	switch {
	case err == nil:
		return present, nil
	case errors.Is(err, ErrNotFound):
		return absent, nil
	case errors.Is(err, ErrForbidden), errors.Is(err, ErrInvalid):
		return presenceUnknown, nil
	default:
		return presenceUnknown, err
	}
}

// renaming is an update that also changes the identifier. A retry after a lost response fails,
// since the old identifier no longer exists, so a read of the new one determines the outcome.
type renaming[T any] struct {
	readNew func(ctx context.Context) (*T, error)
	readOld func(ctx context.Context) (*T, error)
	// sent is what the new identifier must return, as encoded in JSON.
	sent any
}

// settle turns the error of a rename into success if the rename took effect: the new identifier
// returns what was sent, and the old one does not exist. If both exist, the new one belongs to
// somebody else.
func (r renaming[T]) settle(ctx context.Context, outcome outcome, err error) (*T, error) {
	if !outcome.mayHaveHappened {
		return nil, r.markTaken(ctx, err)
	}
	result, readErr := r.readNew(ctx)
	if readErr != nil || !matchesSent(result, r.sent) {
		return nil, outcome.explain(err)
	}
	if _, readErr := r.readOld(ctx); !errors.Is(readErr, ErrNotFound) {
		return nil, outcome.explain(err)
	}
	return result, nil
}

// markTaken reads whether a rename was refused because the new identifier is taken: a 422 alone is
// ambiguous.
func (r renaming[T]) markTaken(ctx context.Context, err error) error {
	if !errors.Is(err, ErrInvalid) {
		return markExists(err, false)
	}
	_, readErr := r.readNew(ctx)
	return markExists(err, readErr == nil)
}

// markExists makes the error of a create or rename match [ErrExists] if it is a conflict, or if it
// is a validation error and the identifier is known to be taken. Port does not document which of
// the two it returns.
func markExists(err error, taken bool) error {
	var failure *Error
	if !errors.As(err, &failure) || failure.Code == codeHasDependents {
		return err
	}
	if failure.StatusCode == http.StatusConflict || (taken && errors.Is(failure, ErrInvalid)) {
		failure.exists = true
	}
	return err
}

// matchesSent reports whether a result contains everything that was sent. It ignores additions, and
// the difference between absent and empty: Port fills in nulls and defaults.
func matchesSent(result, sent any) bool {
	resultValue, err := plainJSON(result)
	if err != nil {
		return false
	}
	sentValue, err := plainJSON(sent)
	if err != nil {
		return false
	}
	return includes(resultValue, sentValue)
}

// plainJSON turns a model into maps, lists and scalars, with exact numbers.
func plainJSON(model any) (any, error) {
	encoded, err := encode(model)
	if err != nil {
		return nil, err
	}
	return jsonvalue.Decode(encoded)
}

// includes reports whether the result contains the sent value.
func includes(result, sent any) bool {
	if isEmpty(sent) {
		return isEmpty(result)
	}
	switch sent := sent.(type) {
	case map[string]any:
		return includesKeys(result, sent)
	case []any:
		result, ok := result.([]any)
		return ok && slices.EqualFunc(result, sent, includes)
	case json.Number:
		result, ok := result.(json.Number)
		return ok && sameNumber(result, sent)
	default:
		return result == sent
	}
}

func includesKeys(result any, sent map[string]any) bool {
	object, ok := result.(map[string]any)
	if !ok {
		return false
	}
	for key, value := range sent {
		if isEmpty(value) {
			// Port may have filled in a default, so any value matches.
			continue
		}
		if key == "team" && sameMembers(object[key], value) {
			continue
		}
		if !includes(object[key], value) {
			return false
		}
	}
	return true
}

// isEmpty reports whether Port may omit the value.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	default:
		return false
	}
}

// sameMembers compares lists of strings regardless of their order: Port may return teams in any
// order.
func sameMembers(result, sent any) bool {
	left, right := sortedStrings(result), sortedStrings(sent)
	return left != nil && slices.Equal(left, right)
}

func sortedStrings(value any) []string {
	list, ok := value.([]any)
	if !ok {
		return nil
	}
	all, ok := identifiers(list).([]string)
	if !ok {
		return nil
	}
	slices.Sort(all)
	return all
}

// sameNumber compares numbers in any notation. Port may round them as JavaScript does, so numbers
// are the same if they are equal as floating-point numbers.
func sameNumber(result, sent json.Number) bool {
	left, leftErr := result.Float64()
	right, rightErr := sent.Float64()
	return result == sent || (leftErr == nil && rightErr == nil && left == right)
}
