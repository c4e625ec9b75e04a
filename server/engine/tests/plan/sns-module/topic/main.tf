variable "name" {
  type = string
}

variable "fifo_topic" {
  type    = bool
  default = false
}

variable "kms_master_key_id" {
  type    = string
  default = null
}

variable "delivery_policy" {
  type    = string
  default = null
}

variable "topic_policy_statements" {
  type    = any
  default = {}
}

variable "subscriptions" {
  type = map(object({
    protocol             = string
    endpoint             = string
    raw_message_delivery = optional(bool, false)
    filter_policy        = optional(string)
  }))
  default = {}
}

locals {
  name = var.fifo_topic && !endswith(var.name, ".fifo") ? "${var.name}.fifo" : var.name
}

resource "aws_sns_topic" "this" {
  name                        = local.name
  fifo_topic                  = var.fifo_topic ? var.fifo_topic : null
  content_based_deduplication = var.fifo_topic
  kms_master_key_id           = var.kms_master_key_id
  delivery_policy             = var.delivery_policy
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.topic_policy_statements

    content {
      sid       = try(statement.value.sid, statement.key)
      actions   = try(statement.value.actions, null)
      effect    = try(statement.value.effect, null)
      resources = try(statement.value.resources, ["*"])

      dynamic "principals" {
        for_each = try(statement.value.principals, [])

        content {
          type        = principals.value.type
          identifiers = principals.value.identifiers
        }
      }

      dynamic "condition" {
        for_each = try(statement.value.condition, [])

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  count = length(var.topic_policy_statements) > 0 ? 1 : 0

  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_sns_topic_subscription" "this" {
  for_each = { for k, v in var.subscriptions : k => v if !var.fifo_topic }

  topic_arn            = aws_sns_topic.this.arn
  protocol             = each.value.protocol
  endpoint             = each.value.endpoint
  raw_message_delivery = each.value.raw_message_delivery
  filter_policy        = each.value.filter_policy
}
