# The automations that react to entities of a blueprint. To generate their configuration and import
# blocks:
#   terraform query -generate-config-out=automations.tf
list "port_action" "automations" {
  provider         = port
  include_resource = true

  config {
    blueprint    = "service"
    trigger_type = "automation"
  }
}
