# Rule runs covers runs: they need an automation per action with the event ANY_RUN_CHANGE, which setup does not create.
resource "port_action" "report_a_b" {
  identifier = "report_a_b"
  title      = "Report changes of a/b"
  icon       = "Alert"

  automation_trigger = {
    entity_deleted_event = { blueprint_identifier = "a/b" }
  }

  webhook_method = {
    url          = "https://listener.example.com/api/slack"
    method       = "POST"
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}

resource "port_action" "report_database" {
  identifier = "report_database"
  title      = "Report changes of database"
  icon       = "Alert"

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = "database" }
    jq_condition = {
      expressions = [
        ".diff.after != null and .diff.before.properties[\"healthStatus\"] != .diff.after.properties[\"healthStatus\"] and (.diff.before != null or .diff.after.properties[\"healthStatus\"] != \"Healthy\")",
        ".diff.before != null and .diff.after != null and .diff.before.properties[\"cpuUtil\"] != .diff.after.properties[\"cpuUtil\"]",
      ]
      combinator = "or"
    }
  }

  webhook_method = {
    url          = "https://listener.example.com/api/slack"
    method       = "POST"
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}

resource "port_action" "report_database_ttl" {
  identifier = "report_database:ttl"
  title      = "Report the timer ttl of database"
  icon       = "Alert"

  automation_trigger = {
    timer_property_expired_event = { blueprint_identifier = "database", property_identifier = "ttl" }
  }

  webhook_method = {
    url          = "https://listener.example.com/api/slack"
    method       = "POST"
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}

resource "port_action" "report_deploymentConfig" {
  identifier = "report_deploymentConfig"
  title      = "Report changes of healthStatus of deploymentConfig"
  icon       = "Alert"

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = "deploymentConfig" }
    jq_condition = {
      expressions = [
        ".diff.after != null and .diff.before.properties[\"healthStatus\"] != .diff.after.properties[\"healthStatus\"] and (.diff.before != null or .diff.after.properties[\"healthStatus\"] != \"Healthy\")",
      ]
    }
  }

  webhook_method = {
    url          = "https://listener.example.com/api/slack"
    method       = "POST"
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}
