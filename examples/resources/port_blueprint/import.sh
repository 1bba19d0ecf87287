# The import id of a blueprint is its identifier.
terraform import port_blueprint.service service
