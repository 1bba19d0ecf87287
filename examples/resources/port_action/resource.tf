resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"

  properties = {
    string_props = {
      healthStatus = { title = "Health Status" }
      lease        = { title = "Lease", format = "timer" }
    }
  }
}

# An automation that reports each health change of a service to the listener.
resource "port_action" "report_health" {
  identifier = "report_health"
  title      = "Report health changes"

  automation_trigger = {
    any_entity_change_event = { blueprint_identifier = port_blueprint.service.identifier }
    jq_condition = {
      # A jq program whose input is the event.
      expressions = [".diff.before.properties.healthStatus != .diff.after.properties.healthStatus"]
    }
  }

  webhook_method = {
    url          = "https://listener.example.com/api/slack"
    synchronized = true
    headers      = { RUN_ID = "{{ .run.id }}" }
    # In templates, the event is .event. spreadValue() inserts the keys of the event into the body.
    body = jsonencode({
      "{{ spreadValue() }}" = "{{ .event }}"
      run                   = { id = "{{ .run.id }}" }
    })
  }
}

# An automation that updates an entity when its timer expires.
resource "port_action" "end_lease" {
  identifier = "end_lease"
  title      = "Mark services whose lease has ended"

  automation_trigger = {
    timer_property_expired_event = {
      blueprint_identifier = port_blueprint.service.identifier
      property_identifier  = "lease"
    }
  }

  upsert_entity_method = {
    blueprint_identifier = port_blueprint.service.identifier
    mapping = {
      identifier = "{{ .event.context.entityIdentifier }}"
      properties = jsonencode({ healthStatus = "Expired" })
    }
  }
}

# A self-service action with a form, which runs a GitHub workflow after approval.
resource "port_action" "scale" {
  identifier        = "scale"
  title             = "Scale"
  icon              = "Kubernetes"
  required_approval = "ANY"

  self_service_trigger = {
    operation            = "DAY-2"
    blueprint_identifier = port_blueprint.service.identifier
    order_properties     = ["replicas", "reason"]
    user_properties = {
      number_props = {
        replicas = {
          title    = "Replicas"
          required = true
          minimum  = 0
          default  = 1
        }
      }
      string_props = {
        reason = {
          title            = "Reason"
          visible_jq_query = ".form.replicas == 0"
        }
      }
    }
  }

  github_method = {
    org             = "example"
    repo            = "deployments"
    workflow        = "scale.yml"
    workflow_inputs = jsonencode({ service = "{{ .entity.identifier }}", replicas = "{{ .inputs.replicas }}" })
  }
}
