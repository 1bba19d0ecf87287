variable "listener_url" {
  description = "The public URL of the listener, with its path."
  type        = string
  default     = "https://listener.example.com/api/slack"
}
