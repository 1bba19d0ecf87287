# A service that is deployed to an environment, and an automation that reports its health changes to
# the listener. Apply this and change healthStatus to see a message in Slack.

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

  # Port removed changelog destinations from production; the automation below replaces them.
  webhook_changelog_destination = var.changelog_destination ? { url = var.listener_url } : null
}

resource "port_action" "report_health" {
  identifier  = "report_${var.property}"
  title       = "Report changes of ${var.property}"
  description = "Reports each change of ${var.property} to the listener, which posts alerts to Slack."

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = port_blueprint.deployment_config.identifier }
    jq_condition = {
      expressions = [
        ".diff.before.properties[${jsonencode(var.property)}] != .diff.after.properties[${jsonencode(var.property)}]",
      ]
    }
  }

  webhook_method = {
    url          = var.listener_url
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}

resource "port_entity" "notification_service_prod" {
  # Create the automation first, so that it reports the creation of the entity too.
  depends_on = [port_action.report_health]

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
