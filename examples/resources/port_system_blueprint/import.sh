# The import id of a system blueprint is its identifier.
terraform import port_system_blueprint.team _team
