# Automations that report changes of entities to the listener: one for each blueprint, because an
# automation reacts to a single blueprint.

terraform {
  required_version = ">= 1.5"
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

locals {
  # jq returns null for the keys of a missing entity, so a creation with a value and a deletion
  # count as changes too.
  condition = var.property == null ? [] : [
    ".diff.before.properties[${jsonencode(var.property)}] != .diff.after.properties[${jsonencode(var.property)}]",
  ]
}

resource "port_action" "report" {
  for_each = var.blueprints

  # Identifiers of blueprints may contain slashes, identifiers of actions may not.
  identifier = "${var.prefix}${replace(each.value, "/[\\\\/]/", "_")}"
  title      = var.property == null ? "Report changes of ${each.value}" : "Report changes of ${var.property} of ${each.value}"
  icon       = "Alert"

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = each.value }
    jq_condition            = { expressions = local.condition }
  }

  webhook_method = {
    url = var.listener_url
    # The run ends with the status of the listener's response, so that Port shows failed deliveries.
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    # The event, with the id of the run as an additional key.
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}
