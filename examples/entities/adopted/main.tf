# Entities that exist already come under Terraform with import blocks. After the
# apply the blocks can be removed.
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

# Where an identifier holds colons, the JSON form is exact. Terraform 1.12 and
# later take the same as an identity.
import {
  to = port_entity.image
  id = jsonencode({ blueprint = "domain", identifier = "registry:shop:v2" })
}

resource "port_entity" "image" {
  blueprint  = "domain"
  identifier = "registry:shop:v2"
  title      = "Shop"
}
