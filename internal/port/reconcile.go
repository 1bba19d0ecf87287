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

// creation is a create whose lost answer is settled by reading; see [EntityService.Create].
type creation[T any] struct {
	// read reads the thing by its identifier; nil if Port chooses that.
	read func(ctx context.Context) (*T, error)
	// overwrites says that it does not matter what was there before.
	overwrites bool
	// isOurs reports whether a thing was made no earlier than a moment. With it nothing is read before the create; nil
	// has what is there read first.
	isOurs func(found *T, began time.Time) bool
	// sent is what must be found afterwards, as it is encoded on the wire.
	sent   any
	create func(ctx context.Context) (*T, outcome, error)
}

// presence is what was found under an identifier before a create.
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
	found, readErr := c.read(lingering)
	switch {
	// A request that was given up may still be carried out, also where it has not been yet.
	case errors.Is(readErr, ErrNotFound) && ctx.Err() == nil:
		return nil, err
	case readErr != nil || !holds(found, c.sent):
		return nil, outcome.explain(err)
	case c.isOurs != nil && !c.overwrites && !c.isOurs(found, began):
		return nil, outcome.explain(err)
	default:
		return found, nil
	}
}

// isTaken looks whether a create was refused because the identifier is taken: a 422 alone does not tell.
func (c creation[T]) isTaken(ctx context.Context, err error) bool {
	if c.isOurs == nil || c.read == nil || !errors.Is(err, ErrInvalid) {
		return false
	}
	_, readErr := c.read(ctx)
	return readErr == nil
}

// look reads what is there before a create. If Port refuses to say, the create goes on without knowing; if Port does
// not answer, the create would get no answer either.
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

// renaming is an update that also changes the identifier. Repeated after a lost answer it fails, since the old
// identifier is gone, so it is settled by reading the new one.
type renaming[T any] struct {
	readNew func(ctx context.Context) (*T, error)
	readOld func(ctx context.Context) (*T, error)
	// sent is what must be found under the new identifier, as it is encoded on the wire.
	sent any
}

// settle turns the error of a rename into success if the rename took effect: the new identifier holds what was sent,
// and the old one nothing. Holding the same under both would be somebody else's entity.
func (r renaming[T]) settle(ctx context.Context, outcome outcome, err error) (*T, error) {
	if !outcome.mayHaveHappened {
		return nil, r.markTaken(ctx, err)
	}
	found, readErr := r.readNew(ctx)
	if readErr != nil || !holds(found, r.sent) {
		return nil, outcome.explain(err)
	}
	if _, readErr := r.readOld(ctx); !errors.Is(readErr, ErrNotFound) {
		return nil, outcome.explain(err)
	}
	return found, nil
}

// markTaken looks whether a rename was refused because the new identifier is taken: a 422 alone does not tell.
func (r renaming[T]) markTaken(ctx context.Context, err error) error {
	if !errors.Is(err, ErrInvalid) {
		return markExists(err, false)
	}
	_, readErr := r.readNew(ctx)
	return markExists(err, readErr == nil)
}

// markExists makes the error of a create or rename match [ErrExists] where it means that: always for a conflict, and
// for a refusal if the identifier is known to be taken. Which of the two Port answers is not documented.
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

// holds says whether everything that was sent is found again. What Port added is ignored, and so is the difference
// between absent and empty: Port fills in nulls and defaults.
func holds(found, sent any) bool {
	foundValue, err := plainJSON(found)
	if err != nil {
		return false
	}
	sentValue, err := plainJSON(sent)
	if err != nil {
		return false
	}
	return includes(foundValue, sentValue)
}

// plainJSON turns a model into maps, lists and scalars, with exact numbers.
func plainJSON(model any) (any, error) {
	encoded, err := encode(model)
	if err != nil {
		return nil, err
	}
	return jsonvalue.Decode(encoded)
}

// includes says whether the sent value is part of the found one.
func includes(found, sent any) bool {
	if isEmpty(sent) {
		return isEmpty(found)
	}
	switch sent := sent.(type) {
	case map[string]any:
		return includesKeys(found, sent)
	case []any:
		found, ok := found.([]any)
		return ok && slices.EqualFunc(found, sent, includes)
	case json.Number:
		found, ok := found.(json.Number)
		return ok && sameNumber(found, sent)
	default:
		return found == sent
	}
}

func includesKeys(found any, sent map[string]any) bool {
	object, ok := found.(map[string]any)
	if !ok {
		return false
	}
	for key, value := range sent {
		if isEmpty(value) {
			// Port may have filled in a default, so anything goes.
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

// isEmpty says whether a value is one that Port may leave out.
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

// sameMembers compares lists of strings without regard to their order, in which Port may return teams.
func sameMembers(found, sent any) bool {
	left, right := sortedStrings(found), sortedStrings(sent)
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

// sameNumber compares numbers in any notation. Port may round them as JavaScript does, so they are the same if their
// floating-point images are.
func sameNumber(found, sent json.Number) bool {
	left, leftErr := found.Float64()
	right, rightErr := sent.Float64()
	return found == sent || (leftErr == nil && rightErr == nil && left == right)
}
