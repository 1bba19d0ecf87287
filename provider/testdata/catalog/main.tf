# Six blueprints. person → squad → domain → person is a cycle of relations; services,
# deployments and incidents lead to it.
resource "port_blueprint" "person" {
  identifier = "person"
  title      = "Person"
  properties = { string_props = { email = { format = "email" } } }
}

resource "port_blueprint" "squad" {
  identifier = "squad"
  title      = "Squad"
}

resource "port_blueprint" "domain" {
  identifier = "domain"
  title      = "Domain"
}

resource "port_blueprint_relation" "person_squad" {
  blueprint  = port_blueprint.person.identifier
  identifier = "squad"
  target     = port_blueprint.squad.identifier
}

resource "port_blueprint_relation" "squad_domain" {
  blueprint  = port_blueprint.squad.identifier
  identifier = "domain"
  target     = port_blueprint.domain.identifier
}

resource "port_blueprint_relation" "domain_lead" {
  blueprint         = port_blueprint.domain.identifier
  identifier        = "lead"
  target            = port_blueprint.person.identifier
  mirror_properties = { leadEmail = { path = "lead.email" } }
}

# The mirror properties over two relations need the second relation as well, which
# belongs to another blueprint.
resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"
  properties = { number_props = { cost = {} } }
  relations = {
    squad  = { target = port_blueprint.squad.identifier }
    domain = { target = port_blueprint_relation.domain_lead.blueprint }
  }
  mirror_properties = {
    leadOfDomain = { path = "domain.lead.email" }
  }
}

resource "port_blueprint" "deployment" {
  identifier        = "deployment"
  title             = "Deployment"
  relations         = { service = { target = port_blueprint.service.identifier } }
  mirror_properties = { domainTitle = { path = "service.domain.$title" } }
}

resource "port_blueprint" "incident" {
  identifier        = "incident"
  title             = "Incident"
  properties        = { string_props = { status = { enum = ["open", "closed"] } } }
  relations         = { deployment = { target = port_blueprint.deployment.identifier } }
  mirror_properties = { squadOfService = { path = "deployment.service.squad.$title" } }
}

# The parents aggregate over children that relate to them.
resource "port_aggregation_properties" "domain" {
  blueprint_identifier = port_blueprint.domain.identifier
  properties = {
    monthlyCost = {
      title                       = "Monthly cost"
      target_blueprint_identifier = port_blueprint.service.identifier
      method                      = { aggregate_by_property = { func = "sum", property = "cost" } }
      path_filter                 = [{ from_blueprint = port_blueprint.service.identifier, path = ["domain"] }]
    }
  }
}

resource "port_aggregation_properties" "service" {
  blueprint_identifier = port_blueprint.service.identifier
  properties = {
    openIncidents = {
      title                       = "Open incidents"
      target_blueprint_identifier = port_blueprint.incident.identifier
      method                      = { count_entities = true }
      query                       = jsonencode({ combinator = "and", rules = [{ property = "status", operator = "=", value = "open" }] })
      path_filter                 = [{ from_blueprint = port_blueprint.incident.identifier, path = ["deployment", "service"] }]
    }
  }
}

resource "port_entity" "alice" {
  blueprint  = port_blueprint.person.identifier
  identifier = "alice"
  title      = "Alice"
  properties = { string_props = { email = "alice@example.com" } }
}

resource "port_entity" "payments" {
  blueprint  = port_blueprint_relation.domain_lead.blueprint
  identifier = "payments"
  title      = "Payments"
  relations  = { single_relations = { lead = port_entity.alice.identifier } }
}

resource "port_entity" "squad" {
  blueprint  = port_blueprint_relation.squad_domain.blueprint
  identifier = "squad"
  title      = "Squad"
  relations  = { single_relations = { domain = port_entity.payments.identifier } }
}

resource "port_entity" "checkout" {
  blueprint  = port_blueprint.service.identifier
  identifier = "checkout"
  title      = "Checkout"
  properties = { number_props = { cost = 400 } }
  relations  = { single_relations = { squad = port_entity.squad.identifier, domain = port_entity.payments.identifier } }
}

resource "port_entity" "ledger" {
  blueprint  = port_blueprint.service.identifier
  identifier = "ledger"
  title      = "Ledger"
  properties = { number_props = { cost = 250.5 } }
  relations  = { single_relations = { domain = port_entity.payments.identifier } }
}

resource "port_entity" "checkout_prod" {
  blueprint  = port_blueprint.deployment.identifier
  identifier = "checkout-prod"
  title      = "Checkout in production"
  relations  = { single_relations = { service = port_entity.checkout.identifier } }
}

resource "port_entity" "outage" {
  blueprint  = port_blueprint.incident.identifier
  identifier = "outage"
  title      = "Outage"
  properties = { string_props = { status = "open" } }
  relations  = { single_relations = { deployment = port_entity.checkout_prod.identifier } }
}
