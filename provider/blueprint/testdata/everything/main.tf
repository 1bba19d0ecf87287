variable "identifier" {
  type = string
}

resource "port_blueprint" "target" {
  identifier = "${var.identifier}-target"
  title      = "Target"

  properties = {
    string_props = {
      owner = {}
    }
  }
}

resource "port_blueprint" "this" {
  identifier               = var.identifier
  title                    = "Everything"
  description              = "All that a blueprint can hold"
  icon                     = "Microservice"
  include_in_global_search = true

  properties = {
    string_props = {
      language = {
        title       = "Language"
        description = "What it is written in"
        icon        = "Code"
        required    = true
        default     = "Go"
        enum        = ["Go", "C"]
        enum_colors = { Go = "turquoise" }
        min_length  = 1
        max_length  = 20
        pattern     = "^[A-Z]"
      }
      api = {
        format = "url"
        spec   = "embedded-url"
        spec_authentication = {
          client_id         = "client"
          authorization_url = "https://example.com/authorize"
          token_url         = "https://example.com/token"
          authorization_scope = ["openid", "email"]
        }
      }
    }
    number_props = {
      replicas = {
        default     = 9007199254740993
        enum        = [0.1, 9007199254740993]
        enum_colors = { "0.1" = "red" }
        minimum     = 0.1
        maximum     = 1e21
      }
    }
    boolean_props = {
      locked = { default = true }
    }
    object_props = {
      labels = {
        default = jsonencode({ tier = "<gold>", weight = 1.0 })
        spec    = "open-api"
      }
    }
    array_props = {
      urls = {
        min_items = 1
        max_items = 3
        string_items = {
          default     = ["https://example.com"]
          format      = "url"
          enum        = ["https://example.com"]
          enum_colors = { "https://example.com" = "green" }
          pattern     = "^https"
        }
      }
      ports = {
        number_items = {
          default     = [80, 0.1]
          enum        = [80, 0.1, 443]
          enum_colors = { "443" = "green" }
        }
      }
      flags    = { boolean_items = { default = [true] } }
      links    = { object_items = { default = [jsonencode({ url = "https://example.com" })], format = "labeled-url" } }
      anything = { default = jsonencode([1, "a", { b = null }]) }
    }
  }

  relations = {
    parent = {
      target      = port_blueprint.target.identifier
      title       = "Parent"
      description = "What it belongs to"
      required    = false
      many        = false
    }
  }

  mirror_properties = {
    owner = {
      path  = "parent.owner"
      title = "Owner"
    }
  }

  calculation_properties = {
    shout = {
      calculation = ".properties.language | ascii_upcase"
      type        = "string"
      title       = "Shout"
      description = "Louder"
      icon        = "Code"
      colorized   = true
      colors      = { GO = "red" }
    }
    names = {
      calculation = ".properties.urls"
      type        = "array"
      items = {
        type   = "string"
        format = "url"
      }
    }
  }

  aggregation_properties = {
    siblings = {
      title                       = "Siblings"
      target_blueprint_identifier = port_blueprint.target.identifier
      description                 = "How many there are"
      icon                        = "Code"
      method                      = { count_entities = true }
      query                       = jsonencode({ combinator = "and", rules = [{ property = "owner", operator = "=", value = "a" }] })
      path_filter                 = [{ path = ["parent"], from_blueprint = var.identifier }]
    }
    pace = {
      title                       = "Pace"
      target_blueprint_identifier = port_blueprint.target.identifier
      method                      = { average_entities = {} }
    }
  }

  ownership = {
    type  = "Inherited"
    path  = "parent"
    title = "Owner"
  }

  kafka_changelog_destination = {}
}
