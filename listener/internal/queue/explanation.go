package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// explanationLimit is how many bytes an explanation takes in the row of its event.
	explanationLimit = 2000
	// mostVerdicts and mostDeliveries bound the lists before they are measured.
	mostVerdicts   = 40
	mostDeliveries = 20
	// originLimit bounds each text that comes from the event, and answerLimit what a destination
	// has answered, in bytes.
	originLimit = 120
	answerLimit = 160
)

// Explanation is what became of an event, for as long as the event is kept. It holds names and
// times, and no value of the event.
type Explanation struct {
	Origin
	// Copies are the same change that arrived again.
	Copies []Copies `json:"copies,omitempty"`
	// Rules are the verdicts of the rules that might have matched, in the order of the
	// configuration.
	Rules []Verdict `json:"rules,omitempty"`
	// OtherRules counts the rules for other blueprints and other types of resources.
	OtherRules int `json:"other_rules,omitempty"`
	// Deliveries are what followed from the event.
	Deliveries []DeliveryStory `json:"deliveries,omitempty"`
	// Omitted counts the entries for which there was no room.
	Omitted int `json:"omitted,omitempty"`
}

// Origin says where an event came from and what it is about, as far as it is known when the event
// arrives. Long texts are cut.
type Origin struct {
	// Source is the name of the source that stored the event.
	Source    string `json:"source,omitempty"`
	Action    string `json:"action,omitempty"`
	Resource  string `json:"resource,omitempty"`
	Blueprint string `json:"blueprint,omitempty"`
	Entity    string `json:"entity,omitempty"`
}

// Copies counts the copies of an event that arrived from a source.
type Copies struct {
	Source string    `json:"source,omitempty"`
	Count  int       `json:"count"`
	Last   time.Time `json:"last"`
}

// Verdict is what a rule said of an event.
type Verdict struct {
	Rule string `json:"rule"`
	// Part is the part of the rule that failed; "" when the rule matches. It is one of those of
	// package rule.
	Part string `json:"part,omitempty"`
	// Property is the property that the part is about, if it is about one.
	Property string `json:"property,omitempty"`
}

// DeliveryState says what became of a delivery. The set is closed.
type DeliveryState string

// The states of a delivery.
const (
	// StateWaiting says that it is still to be sent.
	StateWaiting DeliveryState = "waiting"
	// StateDelivered says that the destination has taken it.
	StateDelivered DeliveryState = "delivered"
	// StateAlreadySent says that it was not sent, because it had been sent before.
	StateAlreadySent DeliveryState = "already_sent"
	// StateDeadLetter says that it was given up.
	StateDeadLetter DeliveryState = "dead_letter"
	// StateDropped says that somebody dropped the dead letter.
	StateDropped DeliveryState = "dropped"
	// StateMoved says that the dead letter was replayed to another destination.
	StateMoved DeliveryState = "moved"
)

// DeliveryStory is what became of a delivery.
type DeliveryStory struct {
	Rule        string        `json:"rule"`
	Destination string        `json:"destination"`
	State       DeliveryState `json:"state"`
	// At is when it came into the state; the zero time for one that has waited since the event was
	// evaluated.
	At time.Time `json:"at,omitzero"`
	// Reason says why it was given up.
	Reason Reason `json:"reason,omitempty"`
	// Replayed is when somebody had the dead letter sent again, last.
	Replayed time.Time `json:"replayed,omitzero"`
	// Attempts are the requests to the destination, in order.
	Attempts []Attempts `json:"attempts,omitempty"`
}

// Attempts are requests that followed one another and were answered alike.
type Attempts struct {
	Attempt
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
}

// Attempt is a request to a destination.
type Attempt struct {
	At time.Time `json:"at"`
	// Outcome is AttemptDelivered, or the reason of the failure: one of those of package slack.
	Outcome string `json:"outcome"`
	// Answer is what the destination said, without a secret.
	Answer string `json:"answer,omitempty"`
	// Alerts is how many alerts the message held, where it was a digest.
	Alerts int `json:"alerts,omitempty"`
	// Plain says that the message was sent as plain text.
	Plain bool `json:"plain,omitempty"`
}

// AttemptDelivered is the outcome of an attempt whose message was taken.
const AttemptDelivered = "delivered"

// Outcome says in a word what became of an event. The set is closed.
type Outcome string

// The outcomes of an event: that of its deliveries which needs the most attention.
const (
	OutcomeDeadLetter  Outcome = "dead_letter"
	OutcomeRetrying    Outcome = "retrying"
	OutcomeWaiting     Outcome = "waiting"
	OutcomeDelivered   Outcome = "delivered"
	OutcomeDropped     Outcome = "dropped"
	OutcomeUnmatched   Outcome = "unmatched"
	OutcomeUnevaluated Outcome = "unevaluated"
)

// Outcomes are all outcomes, those first that need attention.
func Outcomes() []Outcome {
	return []Outcome{OutcomeDeadLetter, OutcomeRetrying, OutcomeWaiting, OutcomeDelivered, OutcomeDropped, OutcomeUnmatched, OutcomeUnevaluated}
}

// outcome says what became of a delivery.
func (s DeliveryStory) outcome() Outcome {
	switch s.State {
	case StateDeadLetter:
		return OutcomeDeadLetter
	case StateDropped:
		return OutcomeDropped
	case StateDelivered, StateAlreadySent, StateMoved:
		return OutcomeDelivered
	case StateWaiting:
	}
	if len(s.Attempts) > 0 {
		return OutcomeRetrying
	}
	return OutcomeWaiting
}

// Outcome says what became of an event that was evaluated.
func (e Explanation) Outcome() Outcome {
	order := Outcomes()
	worst := slices.Index(order, OutcomeUnmatched)
	for _, delivery := range e.Deliveries {
		worst = min(worst, slices.Index(order, delivery.outcome()))
	}
	return order[worst]
}

// Matched reports whether any rule has matched.
func (e Explanation) Matched() bool {
	return len(e.Deliveries) > 0 || slices.ContainsFunc(e.Rules, func(verdict Verdict) bool { return verdict.Part == "" })
}

// story returns the story of a delivery, which is new if there is none.
func (e *Explanation) story(rule, destination string) *DeliveryStory {
	for i := range e.Deliveries {
		if story := &e.Deliveries[i]; story.Rule == rule && story.Destination == destination {
			return story
		}
	}
	e.Deliveries = append(e.Deliveries, DeliveryStory{Rule: rule, Destination: destination, State: StateWaiting})
	return &e.Deliveries[len(e.Deliveries)-1]
}

// evaluated notes what the rules said, and what follows.
func (e *Explanation) evaluated(evaluation Evaluation) {
	e.Rules, e.OtherRules = evaluation.Verdicts, evaluation.OtherRules
	for _, delivery := range evaluation.Deliveries {
		e.story(delivery.Rule, delivery.Destination)
	}
}

// add notes a copy from a source.
func (e *Explanation) add(source string, at time.Time) {
	for i := range e.Copies {
		if e.Copies[i].Source == source {
			e.Copies[i].Count++
			e.Copies[i].Last = at
			return
		}
	}
	e.Copies = append(e.Copies, Copies{Source: source, Count: 1, Last: at})
}

// attempt notes a request.
func (s *DeliveryStory) attempt(made Attempt) {
	if made.Outcome == "" {
		return
	}
	made.At, made.Answer = precise(made.At), cut(made.Answer, answerLimit)
	if last := len(s.Attempts) - 1; last >= 0 && s.Attempts[last].isLike(made) {
		s.Attempts[last].Count++
		s.Attempts[last].Last = made.At
		return
	}
	s.Attempts = append(s.Attempts, Attempts{Attempt: made, Count: 1, Last: made.At})
}

// isLike reports whether a further attempt is told together with these.
func (a Attempts) isLike(other Attempt) bool {
	other.At = a.At
	return a.Attempt == other
}

// enter brings a delivery into a state.
func (s *DeliveryStory) enter(state DeliveryState, at time.Time) {
	s.State, s.At, s.Reason = state, precise(at), ""
}

// precise leaves out of a time what nobody reads.
func precise(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// cut bounds a text, and leaves out what cannot be printed.
func cut(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	end := limit - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

func (o Origin) within(limit int) Origin {
	return Origin{
		Source: cut(o.Source, limit), Action: cut(o.Action, limit), Resource: cut(o.Resource, limit),
		Blueprint: cut(o.Blueprint, limit), Entity: cut(o.Entity, limit),
	}
}

// encode writes the explanation within its limit: where it is too long, entries are left out that
// say the least.
func (e Explanation) encode() string {
	e.Origin = e.within(originLimit)
	e.Rules, e.Deliveries = slices.Clone(e.Rules), slices.Clone(e.Deliveries)
	for len(e.Rules) > mostVerdicts || len(e.Deliveries) > mostDeliveries {
		e.shorten()
	}
	for {
		var written strings.Builder
		encoder := json.NewEncoder(&written)
		encoder.SetEscapeHTML(false)
		// None of its values can fail.
		_ = encoder.Encode(e)
		if text := strings.TrimSuffix(written.String(), "\n"); len(text) <= explanationLimit || !e.shorten() {
			return text
		}
	}
}

// shorten leaves out one entry, and reports whether there was one: first attempts between the first
// and the last, then attempts of what was delivered, then rules that did not match, then deliveries
// that need no attention, then the rest.
func (e *Explanation) shorten() bool {
	e.Omitted++
	if e.shortenAttempts() {
		return true
	}
	if i := lastIndex(e.Rules, func(verdict Verdict) bool { return verdict.Part != "" }); i >= 0 {
		e.Rules = slices.Delete(e.Rules, i, i+1)
		return true
	}
	if len(e.Rules) > 0 {
		e.Rules = e.Rules[:len(e.Rules)-1]
		return true
	}
	if i := lastIndex(e.Deliveries, func(story DeliveryStory) bool { return story.outcome() == OutcomeDelivered }); i >= 0 && len(e.Deliveries) > 1 {
		e.Deliveries = slices.Delete(e.Deliveries, i, i+1)
		return true
	}
	if len(e.Deliveries) > 1 {
		e.Deliveries = e.Deliveries[:len(e.Deliveries)-1]
		return true
	}
	e.Omitted--
	return false
}

func (e *Explanation) shortenAttempts() bool {
	most := lastIndex(e.Deliveries, func(story DeliveryStory) bool { return len(story.Attempts) > 2 })
	for i, story := range e.Deliveries {
		if most >= 0 && len(story.Attempts) > len(e.Deliveries[most].Attempts) {
			most = i
		}
	}
	if most >= 0 {
		story := &e.Deliveries[most]
		story.Attempts = slices.Concat(story.Attempts[:1], story.Attempts[2:])
		return true
	}
	done := lastIndex(e.Deliveries, func(story DeliveryStory) bool { return len(story.Attempts) > 0 && story.outcome() == OutcomeDelivered })
	if done >= 0 && len(e.Deliveries) > 1 {
		e.Deliveries[done].Attempts = nil
		return true
	}
	return false
}

// lastIndex returns the index of the last element that is meant, or -1.
func lastIndex[T any](among []T, isMeant func(T) bool) int {
	for i, element := range slices.Backward(among) {
		if isMeant(element) {
			return i
		}
	}
	return -1
}

// decodeExplanation reads what encode has written. What cannot be read is empty: it explains, and
// nothing depends on it.
func decodeExplanation(text string) Explanation {
	var read Explanation
	if json.Unmarshal([]byte(text), &read) != nil {
		return Explanation{}
	}
	return read
}

// explain changes the explanation of an event, which is found by its number or by its identity. An
// event that is gone needs none.
func (q *SQL) explain(ctx context.Context, tx querier, column string, key any, change func(*Explanation)) error {
	rows, err := tx.QueryContext(ctx, `SELECT explanation FROM events WHERE `+column+` = $1`+q.engine.lockRows(), key)
	if err != nil {
		return fmt.Errorf("reading an explanation: %w", err)
	}
	read, err := collect(rows, scanText)
	if err != nil || len(read) == 0 {
		return err
	}
	explanation := decodeExplanation(read[0])
	change(&explanation)
	if _, err := tx.ExecContext(ctx, `UPDATE events SET explanation = $1 WHERE `+column+` = $2`, explanation.encode(), key); err != nil {
		return fmt.Errorf("storing an explanation: %w", err)
	}
	return nil
}
