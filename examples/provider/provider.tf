terraform {
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

# Credentials come from PORT_CLIENT_ID and PORT_CLIENT_SECRET, so that no secret
# stands in a file.
provider "port" {
  # Organizations in the US region:
  # base_url = "https://api.us.getport.io"
}
