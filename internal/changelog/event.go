package changelog

import (
	"strings"
	"time"
)

// Actions and resource types that decide how an event is read. Port sends more
// of them, and may send new ones: anything else is kept as it is.
const (
	ActionCreate = "CREATE"
	ActionUpdate = "UPDATE"
	ActionDelete = "DELETE"

	ResourceEntity    = "entity"
	ResourceBlueprint = "blueprint"
	ResourceRun       = "run"
	// ResourceTest is that of an event which tries the way to a listener: nothing has
	// changed, and no rule matches it. It is not Port's.
	ResourceTest = "listener_test"

	// StatusFailure marks the report of a change that did not happen.
	StatusFailure = "FAILURE"
)

// Event is one change in Port in one shape, whichever of Port's shapes carried
// it: changelog or automation, with or without the envelope of an automation's
// trigger data. An absent text is "", an absent time is the zero time.
type Event struct {
	// ID is Port's own identifier of the event, "event_…"; most shapes have none.
	ID           string
	Action       string
	ResourceType string
	// Status is that of a changelog event or run: "SUCCESS", "FAILURE"…
	Status  string
	Trigger Trigger
	Context Context
	Diff    Diff

	document map[string]any
}

// Trigger says who caused the change, when and by which route.
type Trigger struct {
	By     Actor
	At     time.Time
	Origin string
}

// Actor is who caused a change: a user, a client or an application, or Port itself.
type Actor struct {
	OrgID  string
	UserID string
	// Email and Name are those of the user, in events that describe the user.
	Email, Name string
	// AppID is that of the application that made the change for nobody in particular.
	AppID  string
	ByPort bool
}

// Context says what changed, by identifiers.
type Context struct {
	Blueprint string
	Entity    string
	// Property is the timer property that expired, in events about one.
	Property string
	// RunID is the run an event is about.
	RunID string
}

// Diff holds the thing that changed before and after. Before is nil when it was
// created, After when it was deleted; both are nil in an event without a diff.
type Diff struct {
	Before Snapshot
	After  Snapshot
}

// Present reports whether the event says anything about before or after.
func (d Diff) Present() bool {
	return d.Before != nil || d.After != nil
}

// Snapshot is an entity, a blueprint or a run at one moment, as Port sent it. Numbers in it are
// json.Number. A nil Snapshot answers every question with "absent".
type Snapshot map[string]any

// Text returns the string under key, or "" when there is none.
func (s Snapshot) Text(key string) string {
	return text(s, key)
}

// Time returns the instant under key, or the zero time when there is none.
func (s Snapshot) Time(key string) time.Time {
	return instant(s, key)
}

// Property returns the value of an entity's property: a string, a json.Number, a
// bool, a []any or a map[string]any, or nil when it is null or absent.
func (s Snapshot) Property(name string) any {
	properties, _ := s["properties"].(map[string]any)
	return properties[name]
}

// IsTimer reports whether the event says that a timer property has expired. Such
// an event shows an entity without anybody having changed it.
func (e *Event) IsTimer() bool {
	return strings.HasPrefix(e.Action, "TIMER_")
}

// Title returns what a person calls the thing that changed: its title unless that
// is blank, else its identifier, else "".
func (e *Event) Title() string {
	identifier := firstText(e.Context.Entity, e.Context.Blueprint)
	return firstText(e.Diff.After.Text("title"), e.Diff.Before.Text("title"), identifier)
}

// RunAction returns what a person calls the action whose run the event is about:
// its title, else its identifier, else "".
func (e *Event) RunAction() string {
	for _, given := range []any{object(e.document, "context")["action"], e.Diff.After["action"], e.Diff.Before["action"]} {
		if name := label(given); name != "" {
			return name
		}
	}
	return ""
}

// RunEntity returns what a person calls the entity that a run is about, "" if it is about none.
func (e *Event) RunEntity() string {
	return firstText(label(e.Diff.After["entity"]), label(e.Diff.Before["entity"]), e.Context.Entity)
}

// User returns who caused the change: the id or the email of a user, the id of a
// client or of an application, else who is said to have updated the thing. It is ""
// when Port itself did it, as at a timer, and when the event does not say.
func (e *Event) User() string {
	by := e.Trigger.By
	if user := firstText(by.UserID, by.Email, by.AppID); user != "" || by.ByPort || e.IsTimer() {
		return user
	}
	return firstText(e.Diff.After.Text("updatedBy"))
}

// Teams returns the teams that own the entity, as the event names them: by their
// identifiers or titles, in any of the forms in which Port writes them.
func (e *Event) Teams() []string {
	for _, state := range []Snapshot{e.Diff.After, e.Diff.Before} {
		listed, isList := state["team"].([]any)
		if !isList {
			listed = []any{state["team"]}
		}
		var teams []string
		for _, team := range listed {
			if name := label(team); name != "" {
				teams = append(teams, name)
			}
		}
		if teams != nil {
			return teams
		}
	}
	return nil
}

// About names the thing that changed as Port does: an entity by its blueprint and
// identifier, "service:cart", a blueprint by its own, and a run by its id, "run:r_1".
func (e *Event) About() string {
	switch {
	case e.ResourceType == ResourceRun && e.Context.RunID != "":
		return ResourceRun + ":" + e.Context.RunID
	case e.Context.Entity == "":
		return e.Context.Blueprint
	}
	return e.Context.Blueprint + ":" + e.Context.Entity
}

// HappenedAt returns when the change happened: the time of its trigger, else the
// thing's own time of update, else the zero time.
func (e *Event) HappenedAt() time.Time {
	if !e.Trigger.At.IsZero() {
		return e.Trigger.At
	}
	return e.Diff.After.Time("updatedAt")
}

// Document returns the normalised event as JSON values, for whatever looks at it as a document: the
// store, and queries in rules. It has the keys of an automation event, whatever else the sender
// wrote beside them, and in "context" both forms of the identifiers. Parse of its serialisation
// gives the same event again. It belongs to the event: read it only.
func (e *Event) Document() map[string]any {
	return e.document
}
