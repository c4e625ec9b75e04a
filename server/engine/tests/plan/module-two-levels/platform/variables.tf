variable "environment" {
  type = string
  validation {
    condition     = contains(["staging", "prod"], var.environment)
    error_message = "staging or prod"
  }
}

variable "databases" {
  type = map(object({
    size     = string
    replicas = optional(number, 1)
  }))
}
