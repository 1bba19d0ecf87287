# Up to 5,000 entities of a blueprint that are in production. To generate their configuration and
# import blocks:
#   terraform query -generate-config-out=services.tf
list "port_entity" "production" {
  provider         = port
  include_resource = true
  limit            = 5000

  config {
    blueprint = "service"
    query = jsonencode({
      combinator = "and"
      rules      = [{ property = "environment", operator = "=", value = "production" }]
    })
  }
}
