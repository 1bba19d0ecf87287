package shape

import "github.com/port-changelog/terraform-provider-port/internal/emulator/internal/schema"

func organizationBody(requiredOfAnnouncement ...string) *schema.Schema {
	return object("name").
		with("name", text()).
		with("announcement", announcementBody(requiredOfAnnouncement...)).
		with("settings", settings().open()).
		closed()
}

// organizationUpdateBody has more keys than the replacement; the document
// requires the name here too.
func organizationUpdateBody() *schema.Schema {
	return object("name").
		with("name", text()).
		with("announcement", announcementBody()).
		with("isOnboarded", flag()).
		with("settings", settings().
			with("supportUserPermission", oneOf("OPT_OUT", "OPT_IN")).
			with("supportUserTTL", oneOf("ONE_DAY", "ONE_WEEK", "ONE_MONTH", "FOREVER")).
			with("supportUserExpiresAt", formatted("date-time")).open()).
		with("toolSelectionProvisioning", object("status").with("status", oneOf("IN_PROGRESS", "DONE")).closed()).
		closed()
}

func announcementBody(required ...string) *schema.Schema {
	link := textUpTo(300)
	link.Types = append(link.Types, schema.Null)
	return object(required...).
		with("content", nonEmpty(textUpTo(300))).
		with("color", oneOf("blue", "red")).
		with("enabled", flag()).
		with("link", link).
		open()
}

func settings() *builder {
	return object().
		with("federatedLogout", flag()).
		with("hiddenBlueprints", list(text())).
		with("portalIcon", text()).
		with("portalTitle", textUpTo(30))
}

// migrationBody is a mapping of jq programs.
func migrationBody() *schema.Schema {
	return object("sourceBlueprint", "mapping").
		with("sourceBlueprint", text()).
		with("mapping", object("entity").
			with("blueprint", text()).
			with("filter", text()).
			with("itemsToParse", text()).
			with("entity", object().
				with("identifier", text()).
				with("title", text()).
				with("icon", text()).
				with("team", text()).
				with("properties", keyed(nil, text())).
				with("relations", keyed(nil, text())).open()).open()).
		closed()
}
