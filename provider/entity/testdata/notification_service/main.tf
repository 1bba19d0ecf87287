variable "blueprint" {
  type = string
}

variable "identifier" {
  type    = string
  default = "notification-service-prod"
}

resource "port_blueprint" "deployment_config" {
  identifier = var.blueprint
  title      = "Deployment Config"

  properties = {
    string_props = {
      healthStatus = { enum = ["Healthy", "Degraded", "Crashed", "Restarting"] }
      newRelicUrl  = { format = "url" }
      sentryUrl    = { format = "url" }
    }
    number_props = {
      cpuUtil    = {}
      memoryUtil = {}
    }
    boolean_props = {
      locked = { default = false }
    }
  }
}

resource "port_entity" "this" {
  blueprint  = port_blueprint.deployment_config.identifier
  identifier = var.identifier
  title      = "Notification Service Production"

  properties = {
    string_props = {
      healthStatus = "Healthy"
      newRelicUrl  = "https://newrelic.com"
    }
    number_props = {
      cpuUtil = 25
    }
    boolean_props = {
      locked = false
    }
  }
}
