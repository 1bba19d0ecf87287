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
	// explanationLimit is the maximum size of a stored explanation in bytes.
	explanationLimit = 2000
	// maxVerdicts and maxDeliveries limit the lists before their size is measured.
	maxVerdicts   = 40
	maxDeliveries = 20
	// originLimit limits each text from the event, and responseLimit the response of a destination,
	// in bytes.
	originLimit   = 120
	responseLimit = 160
)

// Explanation is what happened to an event. It is kept as long as the event, and holds names and
// times, but no values of the event.
type Explanation struct {
	Origin
	// Copies are repeated arrivals of the same change.
	Copies []Copies `json:"copies,omitempty"`
	// Rules are the verdicts of the rules that could have matched, in the order of the
	// configuration.
	Rules []Verdict `json:"rules,omitempty"`
	// OtherRules counts the rules for other blueprints and other types of resources.
	OtherRules int `json:"other_rules,omitempty"`
	// Deliveries are the deliveries of the event.
	Deliveries []DeliveryHistory `json:"deliveries,omitempty"`
	// Omitted counts the entries that were left out because of the size limit.
	Omitted int `json:"omitted,omitempty"`
}

// Origin is where an event came from and what it is about, as far as this is known when the event
// arrives. Long texts are truncated.
type Origin struct {
	// Source is the name of the source that reported the event first.
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

// Verdict is the result of a rule for an event.
type Verdict struct {
	Rule string `json:"rule"`
	// Part is the part of the rule that did not match, one of the constants of package rule; "" if
	// the rule matches.
	Part string `json:"part,omitempty"`
	// Property is the property that the part concerns, if any.
	Property string `json:"property,omitempty"`
}

// DeliveryState is the state of a delivery. The set is closed.
type DeliveryState string

// The states of a delivery.
const (
	// StateWaiting means that it is still to be sent.
	StateWaiting DeliveryState = "waiting"
	// StateDelivered means that the destination accepted it.
	StateDelivered DeliveryState = "delivered"
	// StateAlreadySent means that it was not sent, because it had been sent before.
	StateAlreadySent DeliveryState = "already_sent"
	// StateDeadLetter means that it became a dead letter.
	StateDeadLetter DeliveryState = "dead_letter"
	// StateDropped means that somebody dropped the dead letter.
	StateDropped DeliveryState = "dropped"
	// StateMoved means that the dead letter was replayed to another destination.
	StateMoved DeliveryState = "moved"
)

// DeliveryHistory is what happened to a delivery.
type DeliveryHistory struct {
	Rule        string        `json:"rule"`
	Destination string        `json:"destination"`
	State       DeliveryState `json:"state"`
	// At is when it entered the state; the zero time if it has been waiting since the event was
	// evaluated.
	At time.Time `json:"at,omitzero"`
	// Reason is why it became a dead letter.
	Reason Reason `json:"reason,omitempty"`
	// Replayed is when the dead letter was last replayed.
	Replayed time.Time `json:"replayed,omitzero"`
	// Attempts are the requests to the destination, in order.
	Attempts []Attempts `json:"attempts,omitempty"`
}

// Attempts are consecutive requests with the same result.
type Attempts struct {
	Attempt
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
}

// Attempt is a request to a destination.
type Attempt struct {
	At time.Time `json:"at"`
	// Outcome is AttemptDelivered, or the reason of the failure: one of the reasons of package
	// slack.
	Outcome string `json:"outcome"`
	// Response is the response of the destination, without secrets.
	Response string `json:"answer,omitempty"`
	// Alerts is the number of alerts in the message if it was a digest.
	Alerts int `json:"alerts,omitempty"`
	// Plain reports whether the message was sent as plain text.
	Plain bool `json:"plain,omitempty"`
}

// AttemptDelivered is the outcome of an attempt whose message was accepted.
const AttemptDelivered = "delivered"

// Outcome sums up what happened to an event. The set is closed.
type Outcome string

// The outcomes of an event. If its deliveries differ, the one that needs the most attention counts.
const (
	OutcomeDeadLetter  Outcome = "dead_letter"
	OutcomeRetrying    Outcome = "retrying"
	OutcomeWaiting     Outcome = "waiting"
	OutcomeDelivered   Outcome = "delivered"
	OutcomeDropped     Outcome = "dropped"
	OutcomeUnmatched   Outcome = "unmatched"
	OutcomeUnevaluated Outcome = "unevaluated"
)

// Outcomes returns all outcomes, starting with those that need the most attention.
func Outcomes() []Outcome {
	return []Outcome{OutcomeDeadLetter, OutcomeRetrying, OutcomeWaiting, OutcomeDelivered, OutcomeDropped, OutcomeUnmatched, OutcomeUnevaluated}
}

// outcome returns the outcome of a delivery.
func (s DeliveryHistory) outcome() Outcome {
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

// Outcome returns the outcome of an evaluated event.
func (e Explanation) Outcome() Outcome {
	order := Outcomes()
	worst := slices.Index(order, OutcomeUnmatched)
	for _, delivery := range e.Deliveries {
		worst = min(worst, slices.Index(order, delivery.outcome()))
	}
	return order[worst]
}

// Matched reports whether any rule matched.
func (e Explanation) Matched() bool {
	return len(e.Deliveries) > 0 || slices.ContainsFunc(e.Rules, func(verdict Verdict) bool { return verdict.Part == "" })
}

// history returns the history of a delivery, and adds one if necessary.
func (e *Explanation) history(rule, destination string) *DeliveryHistory {
	for i := range e.Deliveries {
		if history := &e.Deliveries[i]; history.Rule == rule && history.Destination == destination {
			return history
		}
	}
	e.Deliveries = append(e.Deliveries, DeliveryHistory{Rule: rule, Destination: destination, State: StateWaiting})
	return &e.Deliveries[len(e.Deliveries)-1]
}

// evaluated records the verdicts of the rules and the resulting deliveries.
func (e *Explanation) evaluated(evaluation Evaluation) {
	e.Rules, e.OtherRules = evaluation.Verdicts, evaluation.OtherRules
	for _, delivery := range evaluation.Deliveries {
		e.history(delivery.Rule, delivery.Destination)
	}
}

// add records a copy from a source.
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

// attempt records a request.
func (s *DeliveryHistory) attempt(latest Attempt) {
	if latest.Outcome == "" {
		return
	}
	latest.At, latest.Response = precise(latest.At), cut(latest.Response, responseLimit)
	if last := len(s.Attempts) - 1; last >= 0 && s.Attempts[last].isLike(latest) {
		s.Attempts[last].Count++
		s.Attempts[last].Last = latest.At
		return
	}
	s.Attempts = append(s.Attempts, Attempts{Attempt: latest, Count: 1, Last: latest.At})
}

// isLike reports whether an attempt has the same result as these.
func (a Attempts) isLike(other Attempt) bool {
	other.At = a.At
	return a.Attempt == other
}

// enter puts a delivery into a state.
func (s *DeliveryHistory) enter(state DeliveryState, at time.Time) {
	s.State, s.At, s.Reason = state, precise(at), ""
}

// precise truncates a time to milliseconds.
func precise(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// cut truncates a text to limit bytes, and removes unprintable characters.
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

// encode writes the explanation as JSON within its limit: if it is too long, the least important
// entries are left out.
func (e Explanation) encode() string {
	e.Origin = e.within(originLimit)
	e.Rules, e.Deliveries = slices.Clone(e.Rules), slices.Clone(e.Deliveries)
	for len(e.Rules) > maxVerdicts || len(e.Deliveries) > maxDeliveries {
		e.shorten()
	}
	for {
		var written strings.Builder
		encoder := json.NewEncoder(&written)
		encoder.SetEscapeHTML(false)
		// None of the values can fail to encode.
		_ = encoder.Encode(e)
		if text := strings.TrimSuffix(written.String(), "\n"); len(text) <= explanationLimit || !e.shorten() {
			return text
		}
	}
}

// shorten removes one entry, and reports whether there was one: first attempts between the first
// and the last, then attempts of successful deliveries, then rules that did not match, then other
// rules, then successful deliveries, then the rest.
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
	if i := lastIndex(e.Deliveries, func(history DeliveryHistory) bool { return history.outcome() == OutcomeDelivered }); i >= 0 && len(e.Deliveries) > 1 {
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
	most := lastIndex(e.Deliveries, func(history DeliveryHistory) bool { return len(history.Attempts) > 2 })
	for i, history := range e.Deliveries {
		if most >= 0 && len(history.Attempts) > len(e.Deliveries[most].Attempts) {
			most = i
		}
	}
	if most >= 0 {
		history := &e.Deliveries[most]
		history.Attempts = slices.Concat(history.Attempts[:1], history.Attempts[2:])
		return true
	}
	done := lastIndex(e.Deliveries, func(history DeliveryHistory) bool {
		return len(history.Attempts) > 0 && history.outcome() == OutcomeDelivered
	})
	if done >= 0 && len(e.Deliveries) > 1 {
		e.Deliveries[done].Attempts = nil
		return true
	}
	return false
}

// lastIndex returns the index of the last element for which matches returns true, or -1.
func lastIndex[T any](elements []T, matches func(T) bool) int {
	for i, element := range slices.Backward(elements) {
		if matches(element) {
			return i
		}
	}
	return -1
}

// decodeExplanation reads the output of encode. It returns an empty explanation for unreadable
// text, because nothing depends on it.
func decodeExplanation(text string) Explanation {
	var read Explanation
	if json.Unmarshal([]byte(text), &read) != nil {
		return Explanation{}
	}
	return read
}

// explain changes the explanation of the event whose column, number or identity, equals key. It
// does nothing if the event no longer exists.
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
