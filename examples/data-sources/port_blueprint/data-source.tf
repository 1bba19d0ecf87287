resource "port_blueprint" "environment" {
  identifier = "environment"
  title      = "Environment"

  properties = {
    string_props = {
      region = { title = "Region", required = true }
    }
  }
}

# To read a blueprint that another configuration manages, set the identifier literally.
data "port_blueprint" "environment" {
  identifier = port_blueprint.environment.identifier
}

output "required_of_an_environment" {
  value = [for key, property in data.port_blueprint.environment.properties.string_props : key if property.required]
}
