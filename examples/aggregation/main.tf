# A repository that counts its open changes. The changes relate to the repository, so the repository
# cannot refer to them. Its aggregation properties are therefore a separate resource, which
# Terraform creates after both blueprints.
resource "port_blueprint" "repository" {
  identifier = "repository"
  title      = "Repository"

  properties = {
    string_props = {
      url = { title = "URL", format = "url" }
    }
  }
}

resource "port_blueprint" "change" {
  identifier = "change"
  title      = "Change"

  properties = {
    string_props = {
      status = { title = "Status", enum = ["open", "merged", "closed"], required = true }
    }
    number_props = {
      lines = { title = "Changed lines" }
    }
  }

  relations = {
    repository = { title = "Repository", target = port_blueprint.repository.identifier }
  }
}

resource "port_aggregation_properties" "repository" {
  blueprint_identifier = port_blueprint.repository.identifier

  properties = {
    openChanges = {
      title                       = "Open changes"
      target_blueprint_identifier = port_blueprint.change.identifier
      method                      = { count_entities = true }

      query = jsonencode({
        combinator = "and"
        rules      = [{ property = "status", operator = "=", value = "open" }]
      })
    }

    averageLines = {
      title                       = "Lines per change"
      target_blueprint_identifier = port_blueprint.change.identifier
      method                      = { average_by_property = { property = "lines", average_of = "total" } }
    }
  }
}

resource "port_entity" "shop" {
  blueprint  = port_blueprint.repository.identifier
  identifier = "shop"
  title      = "Shop"
}

resource "port_entity" "checkout" {
  blueprint  = port_blueprint.change.identifier
  identifier = "shop-1"
  title      = "shop-1"

  properties = {
    string_props = { status = "open" }
    number_props = { lines = 50 }
  }

  relations = {
    single_relations = { repository = port_entity.shop.identifier }
  }
}

resource "port_entity" "search" {
  blueprint  = port_blueprint.change.identifier
  identifier = "shop-2"
  title      = "shop-2"

  properties = {
    string_props = { status = "merged" }
    number_props = { lines = 10 }
  }

  relations = {
    single_relations = { repository = port_entity.shop.identifier }
  }
}
