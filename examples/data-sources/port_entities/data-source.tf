data "port_entities" "go" {
  blueprint = "service"

  query = jsonencode({
    combinator = "and"
    rules = [
      { property = "language", operator = "=", value = "Go" },
    ]
  })
}

output "services_in_go" {
  value = data.port_entities.go.entities[*].identifier
}
