variable "listener_url" {
  description = "The public URL of the listener, with its path."
  type        = string
  default     = "https://listener.example.com/api/slack"
}

variable "property" {
  description = "The property whose changes are reported."
  type        = string
  default     = "healthStatus"
}

variable "changelog_destination" {
  description = "Whether the blueprint has a changelog destination as well, for organizations where Port still serves those. A change is reported once all the same."
  type        = bool
  default     = false
}
