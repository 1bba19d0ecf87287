resource "port_blueprint" "squad" {
  identifier = "squad"
  title      = "Squad"
}

resource "port_blueprint" "incident" {
  identifier = "incident"
  title      = "Incident"

  properties = {
    string_props = {
      severity = { title = "Severity", enum = ["low", "high"] }
    }
    number_props = {
      minutes = { title = "Minutes to recover" }
    }
  }

  relations = {
    squad = { target = port_blueprint.squad.identifier }
  }
}

# The incident relates to the squad, so the squad cannot refer to the incident. Its aggregation
# properties are therefore a separate resource.
resource "port_aggregation_properties" "squad" {
  blueprint_identifier = port_blueprint.squad.identifier

  properties = {
    severeIncidents = {
      title                       = "Severe incidents"
      target_blueprint_identifier = port_blueprint.incident.identifier
      method                      = { count_entities = true }

      query = jsonencode({
        combinator = "and"
        rules      = [{ property = "severity", operator = "=", value = "high" }]
      })
    }

    incidentsPerWeek = {
      title                       = "Incidents per week"
      target_blueprint_identifier = port_blueprint.incident.identifier
      method                      = { average_entities = { average_of = "week" } }
    }

    longestOutage = {
      title                       = "Longest outage"
      description                 = "Only incidents that relate to the squad directly."
      target_blueprint_identifier = port_blueprint.incident.identifier
      method                      = { aggregate_by_property = { func = "max", property = "minutes" } }
      path_filter                 = [{ from_blueprint = port_blueprint.incident.identifier, path = ["squad"] }]
    }
  }
}
