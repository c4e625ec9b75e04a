variable "never_null" {
  type     = number
  default  = 5
  nullable = false
}

variable "enabled" {
  type = bool
}

variable "names" {
  type = set(string)
}

resource "aws_sns_topic" "this" {
  for_each   = var.names
  name       = "${each.value}-${var.never_null}"
  fifo_topic = !var.enabled
}
