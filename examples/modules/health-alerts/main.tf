# Automations that report the changes of some blueprints' entities to a listener:
# one for each blueprint, since an automation is about one.

terraform {
  required_version = ">= 1.5"
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

locals {
  # jq reads null below an entity that is not there, so a creation with a value and a deletion are changes as well.
  condition = var.property == null ? [] : [
    ".diff.before.properties[${jsonencode(var.property)}] != .diff.after.properties[${jsonencode(var.property)}]",
  ]
}

resource "port_action" "report" {
  for_each = var.blueprints

  # The identifier of a blueprint may hold slashes, which that of an action may not.
  identifier = "${var.prefix}${replace(each.value, "/[\\\\/]/", "_")}"
  title      = var.property == null ? "Report changes of ${each.value}" : "Report changes of ${var.property} of ${each.value}"
  icon       = "Alert"

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = each.value }
    jq_condition            = { expressions = local.condition }
  }

  webhook_method = {
    url = var.listener_url
    # The status of the listener's answer ends the run, so that Port shows what was not delivered.
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    # The event with the id of the run next to its keys.
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}
