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

# The service refers to the incident, which refers to the service: the second
# relation is a resource of its own.
resource "port_blueprint_relation" "service_latest_incident" {
  blueprint  = port_blueprint.service.identifier
  identifier = "latestIncident"
  target     = port_blueprint.incident.identifier
  title      = "Latest incident"

  mirror_properties = {
    latestSeverity = { path = "latestIncident.severity", title = "Severity of the latest incident" }
  }
}
