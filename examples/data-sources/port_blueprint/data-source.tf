resource "port_blueprint" "environment" {
  identifier = "environment"
  title      = "Environment"

  properties = {
    string_props = {
      region = { title = "Region", required = true }
    }
  }
}

# A blueprint that another team or configuration manages is read the same way,
# by its identifier alone.
data "port_blueprint" "environment" {
  identifier = port_blueprint.environment.identifier
}

output "required_of_an_environment" {
  value = [for key, property in data.port_blueprint.environment.properties.string_props : key if property.required]
}
