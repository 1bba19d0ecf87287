resource "port_action" "restart" {
  identifier           = "restart"
  title                = "Restart"
  required_approval    = "ANY"
  self_service_trigger = { operation = "DAY-2" }
  kafka_method         = { payload = jsonencode({ run = "{{ .run.id }}" }) }
}

resource "port_action_permissions" "restart" {
  action_identifier = port_action.restart.identifier
  permissions = {
    execute = {
      roles         = ["Member"]
      owned_by_team = true
    }
    approve = {
      users = ["lead@example.com"]
    }
  }
}
