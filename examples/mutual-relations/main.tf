# Two blueprints that relate to each other. The first time, and before they are
# destroyed: terraform apply -var with_back_reference=false
variable "with_back_reference" {
  description = "Whether a team relates to the person who leads it."
  type        = bool
  default     = true
}

resource "port_blueprint" "team" {
  identifier = "squad"
  title      = "Squad"

  # A reference to port_blueprint.person would be a cycle: the identifier is text.
  relations = var.with_back_reference ? { lead = { target = "person" } } : {}
}

resource "port_blueprint" "person" {
  identifier = "person"
  title      = "Person"

  relations = {
    squad = { target = port_blueprint.team.identifier }
  }
}
