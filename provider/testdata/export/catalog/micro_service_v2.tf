resource "port_blueprint" "micro_service_v2" {
  identifier = "micro/service:v2"
  title      = "Micro service"
  icon       = "Microservice"

  description = chomp(<<-EOT
    Costs $${money} and 100 %%{percent}.
    Two lines.
  EOT
  )

  calculation_properties = {
    shout = {
      title       = "Shout"
      calculation = <<-EOT
        if .properties.language == "Go"
        then "GO"
        else "$${other}"
        end
      EOT
      type        = "string"
    }
  }

  mirror_properties = { owner_mail = { title = "Mail", path = "owner.email" } }
  ownership         = { type = "Direct" }

  properties = {
    array_props = {
      any   = {}
      flags = { boolean_items = {} }
      links = { object_items = {} }
      ports = { min_items = 0, number_items = {} }
      tags  = { string_items = {} }
    }
    boolean_props = { critical = { default = false }, public = {} }
    number_props  = { ratio = {}, replicas = { default = 1, maximum = 1000, minimum = 0 } }
    object_props = {
      openapi = { spec = "open-api" }
      spec    = { default = jsonencode({ a = { b = [1, 2.5, null, "<&>", "$${x}"] } }) }
    }
    string_props = {
      "for" = {}
      language = {
        title       = "Language"
        default     = "Go"
        enum        = ["Go", "Rust"]
        enum_colors = { Go = "blue", Rust = "orange" }
      }
      readme = { format = "markdown" }
      text   = { max_length = 1000, min_length = 0, pattern = "^[^\u0000]*$" }
      url    = { icon = "Link", description = "Where it runs", format = "url", required = true }
    }
  }

  relations = {
    depends_on = { many = true, target = "micro/service:v2" }
    owner      = { title = "Owner", target = port_blueprint.team.identifier }
  }
}
