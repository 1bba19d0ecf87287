resource "port_action" "after-restart" {
  identifier = "after-restart"
  title      = "After restart"

  automation_trigger = {
    jq_condition      = { combinator = "and" }
    run_updated_event = { action_identifier = port_action.restart.identifier }
  }

  upsert_entity_method = {
    blueprint_identifier = port_blueprint.team.identifier
    mapping = {
      identifier = "payments"
      properties = jsonencode({ email = "{{ .event.diff.after.id }}@example.com" })
    }
  }
}
