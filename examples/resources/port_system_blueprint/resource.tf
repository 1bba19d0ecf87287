# Port defines the blueprint _team. This resource adds a property and a relation to it.
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

# Entities that use the additions take their blueprint from the resource, so that Terraform updates
# them after the additions exist and before they are removed.
resource "port_entity" "payments" {
  blueprint  = port_system_blueprint.team.identifier
  identifier = "payments"
  title      = "Payments"

  properties = {
    string_props = { channel = "https://example.slack.com/archives/C0PAYMENTS" }
  }
}
