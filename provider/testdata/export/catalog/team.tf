resource "port_blueprint" "team" {
  identifier = "team"
  title      = "Team"
  icon       = "Team"
  properties = { string_props = { email = { format = "email" } } }
  relations  = { lead = { title = "Lead", target = port_blueprint.person.identifier } }
}
