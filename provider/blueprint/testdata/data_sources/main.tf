variable "identifier" {
  type = string
}

resource "port_blueprint" "this" {
  identifier = var.identifier
  title      = "Service"

  properties = {
    string_props = {
      language = { title = "Language", enum = ["Go", "C"], enum_colors = { Go = "blue" } }
    }
    number_props = {
      replicas = { maximum = 9007199254740993 }
    }
    object_props = {
      labels = { default = jsonencode({ tier = "<gold>" }) }
    }
  }

  relations = {
    parent = { target = var.identifier }
  }

  aggregation_properties = {
    children = {
      title                       = "Children"
      target_blueprint_identifier = var.identifier
      method                      = { count_entities = true }
      path_filter                 = [{ path = ["parent"] }]
    }
  }

  kafka_changelog_destination = {}

  extra_json = jsonencode({ novel = { x = 1 } })
}

data "port_blueprint" "this" {
  identifier = port_blueprint.this.identifier
}

data "port_blueprints" "all" {
  depends_on = [port_blueprint.this]
}
