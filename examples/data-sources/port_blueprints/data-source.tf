data "port_blueprints" "all" {}

output "blueprints_without_an_owner" {
  value = [for identifier, blueprint in data.port_blueprints.all.blueprints : identifier if blueprint.ownership == null]
}
