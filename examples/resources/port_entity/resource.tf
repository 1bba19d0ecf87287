resource "port_blueprint" "service" {
  identifier = "service"
  title      = "Service"

  properties = {
    string_props = {
      language = { title = "Language" }
    }
    array_props = {
      endpoints = {
        title        = "Endpoints"
        string_items = { format = "url" }
      }
    }
    object_props = {
      labels = { title = "Labels" }
    }
  }

  relations = {
    domain = {
      title  = "Domain"
      target = port_blueprint.domain.identifier
    }
  }
}

resource "port_blueprint" "domain" {
  identifier = "domain"
  title      = "Domain"
}

resource "port_entity" "payments" {
  blueprint  = port_blueprint.domain.identifier
  identifier = "payments"
  title      = "Payments"
}

resource "port_entity" "checkout" {
  blueprint  = port_blueprint.service.identifier
  identifier = "checkout"
  title      = "Checkout"

  properties = {
    string_props = {
      language = "Go"
    }
    array_props = {
      string_items = {
        endpoints = ["https://checkout.example.com", "https://pay.example.com"]
      }
    }
    object_props = {
      labels = jsonencode({ tier = "gold" })
    }
  }

  relations = {
    single_relations = {
      domain = port_entity.payments.identifier
    }
  }
}
