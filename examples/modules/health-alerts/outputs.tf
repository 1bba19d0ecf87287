output "automations" {
  description = "The identifiers of the automations, by blueprint."
  value       = { for blueprint, action in port_action.report : blueprint => action.identifier }
}
