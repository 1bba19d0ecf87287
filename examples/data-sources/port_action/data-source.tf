data "port_action" "restart" {
  identifier = "restart"
}

output "url" {
  value = data.port_action.restart.webhook_method.url
}
