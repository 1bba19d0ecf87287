variable "identifier" {
  type = string
}

resource "port_blueprint" "target" {
  identifier = "${var.identifier}-target"
  title      = "Target"

  properties = {
    string_props = {
      owner = {}
    }
  }
}

resource "port_blueprint" "this" {
  identifier = var.identifier
  title      = "Everything"
  relations  = {}
}
