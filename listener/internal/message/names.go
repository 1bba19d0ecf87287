package message

import "unicode/utf8"

// Names are the names for the ids in an event. If a name is empty, the message shows the id.
type Names struct {
	// User is the name or e-mail address of a person, or the name of an application.
	User string `json:"user,omitzero"`
	// Blueprint is the title of the blueprint.
	Blueprint string `json:"blueprint,omitzero"`
	// Teams are the titles of the teams that own the entity.
	Teams []string `json:"teams,omitempty"`
	// Link is the URL of the entity's page in Port.
	Link string `json:"link,omitzero"`
}

// linkLimit is the maximum length of a link: a longer one would leave too little space for the
// message.
const linkLimit = 1000

// linked turns an escaped text into a link to the entity's page, if there is one.
func (a Alert) linked(text string) string {
	if !a.hasLink() {
		return text
	}
	return slackLink(a.names.Link, text)
}

func (a Alert) hasLink() bool {
	return isWebAddress(a.names.Link) && utf8.RuneCountInString(a.names.Link) <= linkLimit
}

// link returns the URL of the entity's page, or nil.
func (a Alert) link() any {
	if !a.hasLink() {
		return nil
	}
	return a.names.Link
}

// blueprint returns the title of the blueprint, otherwise its identifier.
func (a Alert) blueprint() string {
	if title := oneLine(a.names.Blueprint); title != "" {
		return title
	}
	return a.event.Context.Blueprint
}

// teams returns the titles of the teams that own the entity, otherwise the teams in the event.
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
