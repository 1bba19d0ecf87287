# Shows on each team what its services cost. Port defines the blueprint _team; the resource adds a
# budget and the cost to it.
resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"

  properties = {
    number_props = {
      cost = { title = "Monthly cost", minimum = 0 }
    }
  }

  # _team always exists, so the literal identifier is enough. A reference would be a cycle, because
  # the cost below refers to the services.
  relations = {
    team = { title = "Team", target = "_team" }
  }
}

resource "port_system_blueprint" "team" {
  identifier = "_team"

  properties = {
    number_props = {
      budget = { title = "Monthly budget", minimum = 0 }
    }
  }

  aggregation_properties = {
    cost = {
      title                       = "Monthly cost"
      target_blueprint_identifier = port_blueprint.service.identifier
      method                      = { aggregate_by_property = { func = "sum", property = "cost" } }
    }
  }
}

resource "port_entity" "payments" {
  blueprint  = port_system_blueprint.team.identifier
  identifier = "payments"
  title      = "Payments"

  properties = {
    number_props = { budget = 1000 }
  }
}

resource "port_entity" "checkout" {
  blueprint  = port_blueprint.service.identifier
  identifier = "checkout"
  title      = "Checkout"

  properties = {
    number_props = { cost = 400 }
  }

  relations = {
    single_relations = { team = port_entity.payments.identifier }
  }
}

resource "port_entity" "ledger" {
  blueprint  = port_blueprint.service.identifier
  identifier = "ledger"
  title      = "Ledger"

  properties = {
    number_props = { cost = 250.5 }
  }

  relations = {
    single_relations = { team = port_entity.payments.identifier }
  }
}
