# The import id of an action is its identifier.
terraform import port_action.report_health report_health
