data "port_search" "owned_by_payments" {
  query = jsonencode({
    combinator = "and"
    rules = [
      { property = "$team", operator = "containsAny", value = ["payments"] },
    ]
  })
}

output "ids" {
  value = [for entity in data.port_search.owned_by_payments.entities : "${entity.blueprint}:${entity.identifier}"]
}
