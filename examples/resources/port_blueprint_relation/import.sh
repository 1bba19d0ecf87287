# The import id of a relation is its blueprint and its key.
terraform import port_blueprint_relation.service_latest_incident service:latestIncident
