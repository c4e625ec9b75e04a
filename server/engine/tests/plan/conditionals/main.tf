variable "create" {
  type    = bool
  default = true
}

variable "kms_key_arn" {
  type    = string
  default = null
}

variable "retention" {
  type    = string
  default = "14"
}

resource "aws_cloudwatch_log_group" "this" {
  count             = var.create ? 1 : 0
  name              = "/app/${var.create ? "on" : "off"}"
  retention_in_days = var.retention
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "none" {
  count = var.create && var.kms_key_arn != null ? 1 : 0
  name  = "/none"
}

resource "aws_sns_topic" "this" {
  name              = try(var.kms_key_arn.name, "alarms")
  kms_master_key_id = var.kms_key_arn == null ? "alias/aws/sns" : var.kms_key_arn
  fifo_topic        = can(regex("[.]fifo$", "alarms"))
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = join("-", compact(["app", var.kms_key_arn, "errors"]))
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  metric_name         = "Errors"
  namespace           = "AWS/Lambda"
  period              = 300
  statistic           = "Sum"
  threshold           = ceil(1.5)
  alarm_actions       = [for t in aws_sns_topic.this[*] : t.arn]
  treat_missing_data  = lookup({ a = "breaching" }, "b", "notBreaching")
}
