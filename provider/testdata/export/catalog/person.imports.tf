import {
  to = port_blueprint.person
  id = "person"
}

import {
  to = port_entity.person_ada
  id = "person:ada"
}
