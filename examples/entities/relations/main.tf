resource "port_blueprint" "team" {
  identifier = "squad"
  title      = "Squad"
}

resource "port_blueprint" "system" {
  identifier = "system"
  title      = "System"

  relations = {
    owner = {
      title    = "Owner"
      target   = port_blueprint.team.identifier
      required = true
    }
    depends_on = {
      title  = "Depends On"
      target = "system"
      many   = true
    }
  }

  mirror_properties = {
    owner_name = {
      title = "Owner's Name"
      path  = "owner.$title"
    }
  }
}

resource "port_entity" "platform" {
  blueprint  = port_blueprint.team.identifier
  identifier = "platform"
  title      = "Platform"
}

resource "port_entity" "database" {
  blueprint  = port_blueprint.system.identifier
  identifier = "database"
  title      = "Database"

  relations = {
    single_relations = {
      owner = port_entity.platform.identifier
    }
  }
}

# References make Terraform create the related entities first.
resource "port_entity" "shop" {
  blueprint  = port_blueprint.system.identifier
  identifier = "shop"
  title      = "Shop"

  relations = {
    single_relations = {
      owner = port_entity.platform.identifier
    }
    many_relations = {
      depends_on = [port_entity.database.identifier]
    }
  }
}

# Values that Port computes can be read with the data source.
data "port_entity" "shop" {
  blueprint  = port_entity.shop.blueprint
  identifier = port_entity.shop.identifier
}

output "owner_of_the_shop" {
  value = data.port_entity.shop.properties.string_props["owner_name"]
}
