# A service deployed to an environment, and everything that happens to it told
# to the listener: apply this, change healthStatus, and read about it in Slack.

terraform {
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

# The credentials come from PORT_CLIENT_ID and PORT_CLIENT_SECRET.
provider "port" {}

resource "port_blueprint" "deployment_config" {
  identifier = "deploymentConfig"
  title      = "Deployment Config"
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
      sentryUrl = {
        title       = "Sentry URL"
        description = "Link to the new sentry dashboard of the service"
        format      = "url"
      }
      prometheusUrl = {
        title  = "Prometheus URL"
        format = "url"
      }
    }
    number_props = {
      cpuUtil = {
        title = "CPU Utilization"
      }
      memoryUtil = {
        title = "Memory Utilization"
      }
    }
    boolean_props = {
      locked = {
        title       = "Locked"
        description = "Are deployments currently allowed for this configuration"
        icon        = "Lock"
        default     = false
      }
    }
  }

  webhook_changelog_destination = {
    url = var.listener_url
  }
}

resource "port_entity" "notification_service_prod" {
  blueprint  = port_blueprint.deployment_config.identifier
  identifier = "notification-service-prod"
  title      = "Notification Service Production"

  properties = {
    string_props = {
      healthStatus  = "Healthy"
      newRelicUrl   = "https://newrelic.com"
      sentryUrl     = "https://sentry.io/"
      prometheusUrl = "https://prometheus.io"
    }
    number_props = {
      cpuUtil    = 25
      memoryUtil = 30
    }
    boolean_props = {
      locked = false
    }
  }
}
