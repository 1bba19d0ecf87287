# Import blocks adopt existing entities. They can be removed after the apply.
locals {
  domains = {
    payments  = "Payments"
    logistics = "Logistics"
  }
}

import {
  for_each = local.domains
  to       = port_entity.domain[each.key]
  id       = "domain:${each.key}"
}

resource "port_entity" "domain" {
  for_each = local.domains

  blueprint  = "domain"
  identifier = each.key
  title      = each.value
}

# If an identifier contains colons, the JSON form is unambiguous. Terraform 1.12 and newer also
# accept identity = { blueprint = …, identifier = … }.
import {
  to = port_entity.image
  id = jsonencode({ blueprint = "domain", identifier = "registry:shop:v2" })
}

resource "port_entity" "image" {
  blueprint  = "domain"
  identifier = "registry:shop:v2"
  title      = "Shop"
}
