resource "port_blueprint" "service" {
  identifier  = "service"
  title       = "Service"
  icon        = "Microservice"
  description = "A service that we build and run"

  properties = {
    string_props = {
      language = {
        title = "Language"
        enum  = ["Go", "Python", "TypeScript"]
        enum_colors = {
          Go         = "turquoise"
          Python     = "yellow"
          TypeScript = "blue"
        }
      }
      readme = {
        title  = "README"
        format = "markdown"
      }
    }
    array_props = {
      endpoints = {
        title        = "Endpoints"
        string_items = { format = "url" }
      }
    }
    object_props = {
      labels = {
        title   = "Labels"
        default = jsonencode({ tier = "standard" })
      }
    }
  }

  calculation_properties = {
    endpointCount = {
      title       = "Endpoints"
      type        = "number"
      calculation = ".properties.endpoints | length"
    }
  }

  # Omit this attribute if another resource declares the aggregation properties.
  aggregation_properties = {
    partsPerWeek = {
      title                       = "Parts added per week"
      target_blueprint_identifier = "service" # a service may be part of another service
      method                      = { average_entities = { average_of = "week" } }
    }
  }

  relations = {
    partOf = {
      title  = "Part of"
      target = "service"
    }
  }

  ownership = { type = "Direct" }

  deletion_protection = false
  timeouts            = { delete = "30m" }
}

resource "port_blueprint" "deployment" {
  identifier = "deployment"
  title      = "Deployment"

  properties = {
    string_props = {
      version = {
        title    = "Version"
        required = true
        pattern  = "^v[0-9]+"
      }
    }
    number_props = {
      replicas = {
        title   = "Replicas"
        minimum = 0
        maximum = 100
        default = 1
      }
    }
  }

  relations = {
    service = {
      title    = "Service"
      target   = port_blueprint.service.identifier
      required = true
    }
  }

  mirror_properties = {
    language = {
      title = "Language"
      path  = "service.language"
    }
  }
}
