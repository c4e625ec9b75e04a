locals {
  name = "orders-${var.environment}"
  tags = { Service = "orders", Environment = var.environment }
}

variable "environment" {
  type    = string
  default = "stage"
}

module "queue" {
  source                     = "./queue"
  name                       = local.name
  fifo_queue                 = true
  create_dlq                 = true
  visibility_timeout_seconds = 60
  redrive_policy = {
    maxReceiveCount = 5
  }
  tags = local.tags
}

module "plain" {
  source            = "./queue"
  name              = "events"
  kms_master_key_id = "alias/events"
  tags              = merge(local.tags, { Service = "events" })
}

module "absent" {
  source = "./queue"
  create = false
}
