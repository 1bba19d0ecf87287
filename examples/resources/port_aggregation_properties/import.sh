# The import id is the identifier of the blueprint.
terraform import port_aggregation_properties.squad squad
