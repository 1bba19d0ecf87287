# Two blueprints that relate to each other. Each relation is a separate resource, so that both
# blueprints exist before it.
resource "port_blueprint" "squad" {
  identifier = "squad"
  title      = "Squad"

  properties = {
    string_props = {
      channel = { title = "Slack channel" }
    }
  }
}

resource "port_blueprint" "person" {
  identifier = "person"
  title      = "Person"

  properties = {
    string_props = {
      email = { title = "Email", format = "email" }
    }
  }
}

resource "port_blueprint_relation" "squad_lead" {
  blueprint  = port_blueprint.squad.identifier
  identifier = "lead"
  target     = port_blueprint.person.identifier
  title      = "Lead"

  mirror_properties = {
    leadEmail = { path = "lead.email", title = "Email of the lead" }
  }
}

resource "port_blueprint_relation" "person_squad" {
  blueprint  = port_blueprint.person.identifier
  identifier = "squad"
  target     = port_blueprint.squad.identifier
  title      = "Squad"
}

# Entities that use such a relation take their blueprint from it, so that Terraform creates them
# after the relation and destroys them before it.
resource "port_entity" "alice" {
  blueprint  = port_blueprint_relation.person_squad.blueprint
  identifier = "alice"
  title      = "Alice"

  properties = {
    string_props = { email = "alice@example.com" }
  }
}

resource "port_entity" "payments" {
  blueprint  = port_blueprint_relation.squad_lead.blueprint
  identifier = "payments"
  title      = "Payments"

  relations = {
    single_relations = { lead = port_entity.alice.identifier }
  }
}
