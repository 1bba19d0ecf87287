variable "blueprints" {
  description = "The identifiers of the blueprints whose entities are monitored."
  type        = set(string)
}

variable "listener_url" {
  description = "The public URL of the listener, with its path."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/]+/", var.listener_url))
    error_message = "The URL must be absolute and have a path, such as https://listener.example.com/api/slack."
  }
}

variable "property" {
  description = "The property whose changes are reported. If null, every change of an entity is reported."
  type        = string
  default     = "healthStatus"
}

variable "prefix" {
  description = "The prefix of the automations' identifiers; the identifier of the blueprint follows."
  type        = string
  default     = "report_"
}
