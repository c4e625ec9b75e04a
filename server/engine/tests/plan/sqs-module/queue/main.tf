variable "create" {
  type    = bool
  default = true
}

variable "name" {
  type    = string
  default = null
}

variable "fifo_queue" {
  type    = bool
  default = false
}

variable "create_dlq" {
  type    = bool
  default = false
}

variable "kms_master_key_id" {
  type    = string
  default = null
}

variable "kms_data_key_reuse_period_seconds" {
  type    = number
  default = null
}

variable "sqs_managed_sse_enabled" {
  type    = bool
  default = true
}

variable "visibility_timeout_seconds" {
  type    = number
  default = null
}

variable "dlq_visibility_timeout_seconds" {
  type    = number
  default = null
}

variable "redrive_policy" {
  type    = any
  default = {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  name     = try(trimsuffix(var.name, ".fifo"), "")
  dlq_name = "${local.name}-dlq"

  inter_dlq_tags = { for k, v in var.tags : lower(k) => v }
}

resource "aws_sqs_queue" "this" {
  count = var.create ? 1 : 0

  name                              = var.fifo_queue ? "${local.name}.fifo" : local.name
  fifo_queue                        = var.fifo_queue ? true : null
  content_based_deduplication       = var.fifo_queue
  kms_master_key_id                 = var.kms_master_key_id
  kms_data_key_reuse_period_seconds = var.kms_data_key_reuse_period_seconds
  sqs_managed_sse_enabled           = var.kms_master_key_id != null ? null : var.sqs_managed_sse_enabled
  visibility_timeout_seconds        = var.visibility_timeout_seconds
  tags                              = var.tags
}

resource "aws_sqs_queue" "dlq" {
  count = var.create && var.create_dlq ? 1 : 0

  name                       = var.fifo_queue ? "${local.dlq_name}.fifo" : local.dlq_name
  fifo_queue                 = var.fifo_queue ? true : null
  sqs_managed_sse_enabled    = var.sqs_managed_sse_enabled
  visibility_timeout_seconds = try(coalesce(var.dlq_visibility_timeout_seconds, var.visibility_timeout_seconds), null)
  tags                       = merge(local.inter_dlq_tags, { role = "dead-letter" })
}

resource "aws_sqs_queue_redrive_policy" "this" {
  count = var.create && var.create_dlq && length(var.redrive_policy) > 0 ? 1 : 0

  queue_url = aws_sqs_queue.this[0].url
  redrive_policy = jsonencode(merge(
    { deadLetterTargetArn = aws_sqs_queue.dlq[0].arn },
    var.redrive_policy
  ))
}
