resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"
}

resource "port_blueprint" "incident" {
  identifier = "incident"
  title      = "Incident"

  properties = {
    string_props = {
      severity = { title = "Severity", enum = ["low", "high"] }
    }
  }

  relations = {
    service = { target = port_blueprint.service.identifier }
  }
}

# The incident relates to the service, so the service cannot refer to the incident. This relation is
# therefore a separate resource.
resource "port_blueprint_relation" "service_latest_incident" {
  blueprint  = port_blueprint.service.identifier
  identifier = "latestIncident"
  target     = port_blueprint.incident.identifier
  title      = "Latest incident"

  mirror_properties = {
    latestSeverity = { path = "latestIncident.severity", title = "Severity of the latest incident" }
  }
}
