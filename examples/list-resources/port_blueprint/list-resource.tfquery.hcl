# All blueprints. To generate their configuration and import blocks:
#   terraform query -generate-config-out=blueprints.tf
list "port_blueprint" "all" {
  provider         = port
  include_resource = true
}

# The blueprints whose identifier or title contains a text.
list "port_blueprint" "payments" {
  provider = port

  config {
    search = "payment"
  }
}
