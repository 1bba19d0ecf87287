variable "blueprint" {
  type = string
}

resource "port_blueprint" "target" {
  identifier = "${var.blueprint}-target"
  title      = "Target"
}

resource "port_entity" "one" {
  blueprint  = port_blueprint.target.identifier
  identifier = "one"
  title      = "One"
}

resource "port_entity" "two" {
  blueprint  = port_blueprint.target.identifier
  identifier = "two"
  title      = "Two"
}

resource "port_blueprint" "this" {
  identifier = var.blueprint
  title      = "Every Type"

  properties = {
    string_props  = { text = {}, unset = {} }
    number_props  = { whole = {}, fraction = {} }
    boolean_props = { flag = {} }
    object_props  = { labels = {} }
    array_props = {
      texts    = { string_items = {} }
      numbers  = { number_items = {} }
      flags    = { boolean_items = {} }
      objects  = { object_items = {} }
      anything = {}
      nothing  = { string_items = {} }
    }
  }

  relations = {
    single = { target = port_blueprint.target.identifier }
    many   = { target = port_blueprint.target.identifier, many = true }
    none   = { target = port_blueprint.target.identifier, many = true }
  }

  # Port computes these two; an entity cannot set them.
  mirror_properties = {
    owner = { path = "single.$title" }
  }
  calculation_properties = {
    shout = {
      type        = "string"
      calculation = ".properties.text"
    }
  }
}

resource "port_entity" "this" {
  blueprint  = port_blueprint.this.identifier
  identifier = "a:b/c=d@e"
  title      = "Every Type"
  icon       = "Microservice"

  properties = {
    string_props  = { text = "<a> & b", unset = null }
    number_props  = { whole = 9007199254740993, fraction = 0.1 }
    boolean_props = { flag = true }
    object_props  = { labels = "{ \"tier\": \"<gold>\",\n  \"weight\": 1.0 }" }
    array_props = {
      string_items  = { texts = ["b", "a"], nothing = [] }
      number_items  = { numbers = [9007199254740993, 0.1] }
      boolean_items = { flags = [true, false] }
      object_items = {
        objects  = [jsonencode({ a = 1 })]
        anything = ["1", "\"a\"", "[true]"]
      }
    }
  }

  relations = {
    single_relations = { single = port_entity.one.identifier }
    many_relations = {
      many = [port_entity.two.identifier, port_entity.one.identifier]
      none = []
    }
  }
}
