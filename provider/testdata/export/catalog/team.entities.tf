resource "port_entity" "team_Payments" {
  identifier = "Payments"
  blueprint  = port_blueprint.team.identifier
  title      = "Another"
}

resource "port_entity" "team_payments_2" {
  identifier = "payments"
  blueprint  = port_blueprint.team.identifier
  title      = "Payments"
  properties = { string_props = { email = "pay@example.com" } }
  relations  = { single_relations = { lead = port_entity.person_ada.identifier } }
}
