resource "port_entity" "micro_service_v2_1st" {
  identifier = "1st"
  blueprint  = port_blueprint.micro_service_v2.identifier
  title      = "First"

  properties = {
    array_props   = { string_items = { tags = [] } }
    boolean_props = { critical = false }
    object_props  = { spec = jsonencode({}) }
    string_props = {
      language = "Go"
      readme   = ""
      text = chomp(<<-EOT
        line
        without end
      EOT
      )
      url = "https://example.com"
    }
  }

  relations = { single_relations = { owner = port_entity.team_payments_2.identifier } }
}

resource "port_entity" "micro_service_v2_bare" {
  identifier = "bare"
  blueprint  = port_blueprint.micro_service_v2.identifier
  title      = "bare"
  properties = { number_props = { ratio = -0.0000001 }, string_props = { url = "https://example.com" } }
}

resource "port_entity" "micro_service_v2_shop_web" {
  identifier = "shop:web"
  blueprint  = port_blueprint.micro_service_v2.identifier
  title      = "Shop"
  icon       = "Cart"

  properties = {
    array_props = {
      boolean_items = { flags = [true, false] }
      number_items  = { ports = [80, 443.5] }
      object_items  = { links = [jsonencode({ href = "<x>" }), jsonencode({})] }
      string_items  = { tags = ["b", "a", "$${c}"] }
    }
    boolean_props = { critical = true }
    number_props  = { ratio = 0.12345678901234567890123, replicas = 3 }
    object_props = {
      openapi = jsonencode({ openapi = "3.0.0", paths = {} })
      spec    = jsonencode({ a = "$${b}", c = {}, "for" = [] })
    }
    string_props = {
      "for"    = "a \"quoted\" \\ text\twith\u0007 signs"
      language = "Rust"
      readme   = <<-EOT
        # Shop

        ```
        $${code} %%{code} $$${code}
        ```
      EOT
      text     = jsonencode({ a = 1 })
      url      = "https://example.com/?a=b&c=<d>"
    }
  }

  properties_json = jsonencode({ any = [[1], "mixed", null] })

  relations = {
    many_relations   = { depends_on = [port_entity.micro_service_v2_1st.identifier, "shop:web"] }
    single_relations = { owner = port_entity.team_payments_2.identifier }
  }

  teams = ["us"]
}
