import {
  to = port_blueprint.team
  id = "team"
}

import {
  to = port_entity.team_Payments
  id = "team:Payments"
}

import {
  to = port_entity.team_payments_2
  id = "team:payments"
}
