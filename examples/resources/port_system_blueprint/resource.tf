# Port defines _team; this adds a property and a relation to it.
resource "port_system_blueprint" "team" {
  identifier = "_team"

  properties = {
    string_props = {
      channel = { title = "Slack channel", format = "url" }
    }
  }

  relations = {
    lead = { target = "_user", title = "Lead" }
  }

  # A path may also begin with a relation of the base structure.
  mirror_properties = {
    leadStatus = { path = "lead.status", title = "Status of the lead" }
  }
}

# An entity that uses the additions takes its blueprint from the resource, so that it
# is created after them and changed back before them.
resource "port_entity" "payments" {
  blueprint  = port_system_blueprint.team.identifier
  identifier = "payments"
  title      = "Payments"

  properties = {
    string_props = { channel = "https://example.slack.com/archives/C0PAYMENTS" }
  }
}
