terraform {
  required_providers {
    port = {
      source = "port-changelog/port"
    }
  }
}

provider "port" {}
