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
  description = "Whether the blueprint also has a changelog destination, for organizations where Port still supports them. Each change is still alerted once."
  type        = bool
  default     = false
}
