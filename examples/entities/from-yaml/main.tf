# One entity for each entry of a YAML file.
locals {
  services = yamldecode(file("${path.module}/services.yaml"))
}

resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"

  properties = {
    string_props = {
      language = {
        title = "Language"
        enum  = ["Go", "Python", "TypeScript"]
      }
    }
    array_props = {
      on_call = { title = "On Call" }
    }
    object_props = {
      labels = { title = "Labels" }
    }
  }
}

resource "port_entity" "service" {
  for_each = local.services

  blueprint  = port_blueprint.service.identifier
  identifier = each.key
  title      = each.value.title

  # Keys that an entry does not have become null, which means no value in Port.
  properties = {
    string_props = {
      language = each.value.language
    }
    array_props = {
      string_items = {
        on_call = try(each.value.on_call, null)
      }
    }
    object_props = {
      labels = try(jsonencode(each.value.labels), null)
    }
  }
}
