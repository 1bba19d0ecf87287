terraform {
  required_providers {
    port = { source = "port-changelog/port" }
  }
}

variable "blueprints" { type = number }
variable "entities" { type = number }

resource "port_blueprint" "many" {
  count               = var.blueprints
  identifier          = "kind-${count.index}"
  title               = "Kind ${count.index}"
  create_catalog_page = false
  properties = {
    string_props  = { language = {}, url = { format = "url" }, tier = { enum = ["gold", "silver"] } }
    number_props  = { replicas = {} }
    boolean_props = { public = {} }
    array_props   = { tags = { string_items = {} } }
  }
  calculation_properties = { shout = { type = "string", calculation = ".identifier" } }
}

resource "port_entity" "many" {
  count      = var.entities
  blueprint  = port_blueprint.many[count.index % var.blueprints].identifier
  identifier = "entity-${count.index}"
  title      = "Entity ${count.index}"
  properties = {
    string_props  = { language = "Go", url = "https://example.com", tier = "gold" }
    number_props  = { replicas = 3 }
    boolean_props = { public = true }
    array_props   = { string_items = { tags = ["a", "b"] } }
  }
}
