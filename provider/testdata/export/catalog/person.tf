resource "port_blueprint" "person" {
  identifier = "person"
  title      = "Person \"P\""
  relations  = { team = { target = "team" } }
}
