terraform {
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

# The credentials come from PORT_CLIENT_ID and PORT_CLIENT_SECRET, so that no file contains a
# secret.
provider "port" {
  # Organizations in the US region:
  # base_url = "https://api.us.getport.io"
}
