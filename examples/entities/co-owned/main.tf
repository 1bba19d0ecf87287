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

# A monitor writes healthStatus, an exporter creates the entity, and this
# configuration adds a runbook and a lock. Nobody gets in another's way: only
# what is listed here is Terraform's, and what others write shows in no plan.
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
      locked = null # Never locked, whoever locks it.
    }
  }
}
