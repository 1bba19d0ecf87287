variable "identifier" {
  type = string
}

variable "properties" {
  type = any
}

resource "port_blueprint" "this" {
  identifier = var.identifier
  title      = "Typed"
  properties = var.properties
}
