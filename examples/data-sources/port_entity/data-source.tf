data "port_entity" "checkout" {
  blueprint  = "service"
  identifier = "checkout"
}

output "language" {
  value = data.port_entity.checkout.properties.string_props["language"]
}

# Values of any form, and those that may be missing.
output "endpoints" {
  value = try(jsondecode(data.port_entity.checkout.properties_json).endpoints, [])
}
