# The import id of aggregation properties is the identifier of their blueprint.
terraform import port_aggregation_properties.squad squad
