import {
  to = port_action.after-restart
  id = "after-restart"
}
