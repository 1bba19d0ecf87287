variables {
  blueprints   = ["service", "domain/database"]
  listener_url = "https://listener.example.com/api/slack"
}

run "reports_a_property" {
  assert {
    condition     = port_action.report["service"].automation_trigger.any_entity_change_event.blueprint_identifier == "service"
    error_message = "The automation reacts to the wrong blueprint."
  }
  assert {
    condition     = one(port_action.report["service"].automation_trigger.jq_condition.expressions) == ".diff.before.properties[\"healthStatus\"] != .diff.after.properties[\"healthStatus\"]"
    error_message = "The condition does not compare healthStatus."
  }
  assert {
    condition     = port_action.report["service"].webhook_method.url == var.listener_url
    error_message = "The automation reports to the wrong URL."
  }
  assert {
    condition     = jsondecode(port_action.report["service"].webhook_method.body).run.id == "{{ .run.id }}"
    error_message = "The body does not contain the id of the run."
  }
  assert {
    condition     = output.automations == { service = "report_service", "domain/database" = "report_domain_database" }
    error_message = "The automations have the wrong identifiers."
  }
}

run "reports_another_property" {
  command = plan
  variables {
    property = "cpu-util"
  }
  assert {
    condition     = one(port_action.report["service"].automation_trigger.jq_condition.expressions) == ".diff.before.properties[\"cpu-util\"] != .diff.after.properties[\"cpu-util\"]"
    error_message = "The condition does not compare the property."
  }
}

run "reports_everything" {
  variables {
    property = null
    prefix   = "all."
  }
  assert {
    condition     = length(port_action.report["service"].automation_trigger.jq_condition.expressions) == 0
    error_message = "The automation has a condition."
  }
  assert {
    condition     = port_action.report["service"].identifier == "all.service"
    error_message = "The identifier has the wrong prefix."
  }
}

run "stops_reporting" {
  variables {
    blueprints = ["service"]
  }
  assert {
    condition     = length(port_action.report) == 1
    error_message = "The automation of the removed blueprint still exists."
  }
}

run "refuses_a_url_without_a_path" {
  command = plan
  variables {
    listener_url = "https://listener.example.com"
  }
  expect_failures = [var.listener_url]
}
