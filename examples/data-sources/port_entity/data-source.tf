data "port_entity" "checkout" {
  blueprint  = "service"
  identifier = "checkout"
}

output "language" {
  value = data.port_entity.checkout.properties.string_props["language"]
}

# Values of any type, with a fallback if the property does not exist.
output "endpoints" {
  value = try(jsondecode(data.port_entity.checkout.properties_json).endpoints, [])
}
