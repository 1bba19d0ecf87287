package message

import "unicode/utf8"

// Names are what Port calls the things and people that an event names by their ids. What is not
// known is empty, and the message has the id.
type Names struct {
	// User is the name or the e-mail of a person, or the name of an application.
	User string `json:"user,omitzero"`
	// Blueprint is the title of the blueprint.
	Blueprint string `json:"blueprint,omitzero"`
	// Teams are the titles of the teams that own the entity.
	Teams []string `json:"teams,omitempty"`
	// Link is the address of the entity's page in Port.
	Link string `json:"link,omitzero"`
}

// linkLimit keeps the address of an entity with a long identifier from taking the place of what the
// message says.
const linkLimit = 1000

// linked makes an escaped text a link to the entity's page.
func (a Alert) linked(text string) string {
	if !a.hasLink() {
		return text
	}
	return slackLink(a.names.Link, text)
}

func (a Alert) hasLink() bool {
	return isWebAddress(a.names.Link) && utf8.RuneCountInString(a.names.Link) <= linkLimit
}

// link is the address of the entity's page, nil if there is none.
func (a Alert) link() any {
	if !a.hasLink() {
		return nil
	}
	return a.names.Link
}

// blueprint is what a person calls the blueprint, else its identifier.
func (a Alert) blueprint() string {
	if title := oneLine(a.names.Blueprint); title != "" {
		return title
	}
	return a.event.Context.Blueprint
}

// teams are the teams that own the entity, by their titles, or as the event has them.
func (a Alert) teams() []any {
	names := a.names.Teams
	if len(names) == 0 {
		names = a.event.Teams()
	}
	teams := make([]any, len(names))
	for i, name := range names {
		teams[i] = name
	}
	return teams
}
