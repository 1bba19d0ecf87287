# The import id of a relation is <blueprint>:<key>.
terraform import port_blueprint_relation.service_latest_incident service:latestIncident
