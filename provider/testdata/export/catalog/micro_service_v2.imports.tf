import {
  to = port_blueprint.micro_service_v2
  id = "micro/service:v2"
}

import {
  to = port_entity.micro_service_v2_1st
  id = "{\"blueprint\":\"micro/service:v2\",\"identifier\":\"1st\"}"
}

import {
  to = port_entity.micro_service_v2_bare
  id = "{\"blueprint\":\"micro/service:v2\",\"identifier\":\"bare\"}"
}

import {
  to = port_action.report
  id = "report"
}

import {
  to = port_action.restart
  id = "restart"
}

import {
  to = port_entity.micro_service_v2_shop_web
  id = "{\"blueprint\":\"micro/service:v2\",\"identifier\":\"shop:web\"}"
}
