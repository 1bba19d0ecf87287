package changelog

import (
	"strings"
	"time"
)

// Actions and resource types that affect how an event is read. Port sends others too; they are kept
// unchanged.
const (
	ActionCreate = "CREATE"
	ActionUpdate = "UPDATE"
	ActionDelete = "DELETE"

	ResourceEntity    = "entity"
	ResourceBlueprint = "blueprint"
	ResourceRun       = "run"
	// ResourceTest is the type of an event that tests the delivery to a listener. It reports no
	// change, no rule matches it, and Port does not send it.
	ResourceTest = "listener_test"

	// StatusFailure is the status of a change that failed.
	StatusFailure = "FAILURE"
)

// Event is one change in Port in a normalised form, whichever form Port sent: changelog or
// automation, with or without the envelope of an automation's trigger data. An absent text is "",
// an absent time is the zero time.
type Event struct {
	// ID is Port's identifier of the event, "event_…"; most forms have none.
	ID           string
	Action       string
	ResourceType string
	// Status is the status of a changelog event or run: "SUCCESS", "FAILURE"…
	Status  string
	Trigger Trigger
	Context Context
	Diff    Diff

	document map[string]any
}

// Trigger says who caused the change, when and how.
type Trigger struct {
	By     Actor
	At     time.Time
	Origin string
}

// Actor is who caused a change: a user, a client or an application, or Port itself.
type Actor struct {
	OrgID  string
	UserID string
	// Email and Name are set in events that describe the user.
	Email, Name string
	// AppID is the application that made the change on its own behalf.
	AppID  string
	ByPort bool
}

// Context identifies what changed.
type Context struct {
	Blueprint string
	Entity    string
	// Property is the timer property that expired, in timer events.
	Property string
	// RunID is the run that the event is about.
	RunID string
}

// Diff contains the changed object before and after the change. Before is nil on creation, After on
// deletion; both are nil in an event without a diff.
type Diff struct {
	Before Snapshot
	After  Snapshot
}

// Present reports whether the diff has either side.
func (d Diff) Present() bool {
	return d.Before != nil || d.After != nil
}

// Snapshot is an entity, a blueprint or a run at one moment, as Port sent it. Numbers in it are
// json.Number. In a nil Snapshot every key is absent.
type Snapshot map[string]any

// Text returns the string under key, or "" if there is none.
func (s Snapshot) Text(key string) string {
	return text(s, key)
}

// Time returns the time under key, or the zero time if there is none.
func (s Snapshot) Time(key string) time.Time {
	return instant(s, key)
}

// Property returns the value of an entity's property: a string, a json.Number, a bool, a []any or a
// map[string]any, or nil if it is null or absent.
func (s Snapshot) Property(name string) any {
	properties, _ := s["properties"].(map[string]any)
	return properties[name]
}

// IsTimer reports whether the event is the expiry of a timer property. It then contains an entity
// that nobody has changed.
func (e *Event) IsTimer() bool {
	return strings.HasPrefix(e.Action, "TIMER_")
}

// Title returns the display name of the changed object: its title unless that is blank, else its
// identifier, else "".
func (e *Event) Title() string {
	identifier := firstText(e.Context.Entity, e.Context.Blueprint)
	return firstText(e.Diff.After.Text("title"), e.Diff.Before.Text("title"), identifier)
}

// RunAction returns the display name of the action of a run: its title, else its identifier, else
// "".
func (e *Event) RunAction() string {
	for _, given := range []any{object(e.document, "context")["action"], e.Diff.After["action"], e.Diff.Before["action"]} {
		if name := label(given); name != "" {
			return name
		}
	}
	return ""
}

// RunEntity returns the display name of the entity of a run, or "" if it has none.
func (e *Event) RunEntity() string {
	return firstText(label(e.Diff.After["entity"]), label(e.Diff.Before["entity"]), e.Context.Entity)
}

// User returns who caused the change: the id or email of a user, the id of a client or an
// application, else the updatedBy of the object. It is "" if Port itself caused the change, as with
// a timer, or if the event does not say.
func (e *Event) User() string {
	by := e.Trigger.By
	if user := firstText(by.UserID, by.Email, by.AppID); user != "" || by.ByPort || e.IsTimer() {
		return user
	}
	return firstText(e.Diff.After.Text("updatedBy"))
}

// Teams returns the teams that own the entity, by identifier or title as in the event, from any
// form that Port uses.
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

// About identifies the changed object: an entity as "service:cart", a blueprint by its identifier,
// a run as "run:r_1".
func (e *Event) About() string {
	switch {
	case e.ResourceType == ResourceRun && e.Context.RunID != "":
		return ResourceRun + ":" + e.Context.RunID
	case e.Context.Entity == "":
		return e.Context.Blueprint
	}
	return e.Context.Blueprint + ":" + e.Context.Entity
}

// HappenedAt returns the time of the change: that of its trigger, else the object's updatedAt, else
// the zero time.
func (e *Event) HappenedAt() time.Time {
	if !e.Trigger.At.IsZero() {
		return e.Trigger.At
	}
	return e.Diff.After.Time("updatedAt")
}

// Document returns the normalised event as JSON values, for the store and for queries in rules. It
// has the keys of an automation event, all other keys of the sender, and in "context" both forms of
// the identifiers. Parsing its serialisation yields the same event. The caller must not modify it.
func (e *Event) Document() map[string]any {
	return e.document
}
