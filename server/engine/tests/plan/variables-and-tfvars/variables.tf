variable "environment" {
  type = string
}

variable "instance" {
  type = object({
    class     = string
    storage   = optional(number, 20)
    multi_az  = optional(bool)
    encrypted = optional(bool, true)
  })
}

variable "tags" {
  type    = map(string)
  default = {}
}
