# The import id is the identifier of the action.
terraform import port_action_permissions.restart restart
