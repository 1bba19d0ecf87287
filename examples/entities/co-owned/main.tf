resource "port_blueprint" "deployment" {
  identifier = "deployment"
  title      = "Deployment"

  properties = {
    string_props = {
      healthStatus = {
        title = "Health Status"
        enum  = ["Healthy", "Degraded", "Crashed"]
      }
      runbook = {
        title  = "Runbook"
        format = "url"
      }
    }
    boolean_props = {
      locked = { title = "Locked" }
    }
  }
}

# An exporter creates the entity, a monitor updates healthStatus, and this configuration sets the
# runbook and the lock. Terraform only manages the values that are declared here; changes of other
# values do not show in plans.
resource "port_entity" "checkout" {
  blueprint   = port_blueprint.deployment.identifier
  identifier  = "checkout-prod"
  management  = "declared"
  on_existing = "adopt"

  properties = {
    string_props = {
      runbook = "https://runbooks.example.com/checkout"
    }
    boolean_props = {
      locked = null # Keeps the value unset.
    }
  }
}
