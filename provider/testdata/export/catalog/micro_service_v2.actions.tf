resource "port_action" "report" {
  identifier = "report"
  title      = "Report"

  automation_trigger = {
    entity_updated_event = { blueprint_identifier = port_blueprint.micro_service_v2.identifier }
    jq_condition = {
      combinator  = "and"
      expressions = [".diff.before.properties.critical != .diff.after.properties.critical"]
    }
  }

  kafka_method = { payload = jsonencode({ entity = "{{ .event.diff.after.identifier }}" }) }
  publish      = false
}

resource "port_action" "restart" {
  identifier        = "restart"
  title             = "Restart"
  icon              = "Play"
  description       = "Restarts it"
  required_approval = "false"

  self_service_trigger = {
    blueprint_identifier = port_blueprint.micro_service_v2.identifier
    operation            = "DAY-2"
    order_properties     = ["reason", "when"]
    user_properties = {
      array_props   = { targets = { string_items = { blueprint = "micro/service:v2", format = "entity" } } }
      boolean_props = { force = { default = false } }
      number_props  = { count = { default = 1, minimum = 1 } }
      string_props = {
        reason = { title = "Reason", format = "markdown", required = true }
        when   = { default = "now", enum = ["now", "later"] }
      }
    }
  }

  webhook_method = {
    body    = jsonencode({ n = 1, "{{ spreadValue() }}" = "{{ .inputs }}" })
    headers = { X-Run = "{{ .run.id }}" }
    method  = "POST"
    url     = "https://example.com/restart"
  }
}
