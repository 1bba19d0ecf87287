# The blueprints to whose changes an automation reacts.
data "port_actions" "automations" {
  trigger_type = "automation"
}

output "blueprints" {
  value = distinct(compact([
    for action in data.port_actions.automations.actions : try(action.automation_trigger.any_entity_change_event.blueprint_identifier, null)
  ]))
}
