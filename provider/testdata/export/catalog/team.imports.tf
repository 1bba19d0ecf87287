import {
  to = port_blueprint.team
  id = "team"
}

import {
  to = port_entity.team_Payments_2
  id = "team:Payments"
}

import {
  to = port_entity.team_payments
  id = "team:payments"
}
