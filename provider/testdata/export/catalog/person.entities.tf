resource "port_entity" "person_ada" {
  identifier = "ada"
  blueprint  = port_blueprint.person.identifier
  title      = "Ada"
  relations  = { single_relations = { team = "payments" } }
}
