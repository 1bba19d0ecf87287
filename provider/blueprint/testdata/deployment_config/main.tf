variable "identifier" {
  type = string
}

variable "title" {
  type    = string
  default = "Deployment Config"
}

resource "port_blueprint" "this" {
  identifier = var.identifier
  title      = var.title
  icon       = "Microservice"

  properties = {
    string_props = {
      healthStatus = {
        title = "Health Status"
        enum  = ["Healthy", "Degraded", "Crashed", "Restarting"]
        enum_colors = {
          Healthy    = "green"
          Degraded   = "orange"
          Crashed    = "red"
          Restarting = "yellow"
        }
      }
      newRelicUrl = {
        title       = "New Relic"
        description = "Link to the new relic dashboard of the service"
        format      = "url"
      }
    }
    number_props = {
      cpuUtil    = { title = "CPU Utilization" }
      memoryUtil = { title = "Memory Utilization" }
    }
    boolean_props = {
      locked = {
        title   = "Locked"
        icon    = "Lock"
        default = false
      }
    }
  }

  webhook_changelog_destination = {
    url = "http://127.0.0.1:9/api/slack"
  }
}
