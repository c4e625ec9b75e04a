variable "function_name" {}
variable "handler" {}
variable "runtime" {
  default = "python3.12"
}
variable "environment" {
  type    = map(string)
  default = {}
}
variable "allowed_triggers" {
  type    = map(any)
  default = {}
}
variable "vpc_subnet_ids" {
  type    = list(string)
  default = null
}
variable "tracing_mode" {
  type    = string
  default = null
}
variable "dead_letter_target_arn" {
  type    = string
  default = null
}

resource "aws_lambda_function" "this" {
  function_name                  = var.function_name
  role                           = "arn:aws:iam::123456789012:role/lambda"
  handler                        = var.handler
  runtime                        = var.runtime
  filename                       = "${path.module}/code.zip"
  memory_size                    = 128 * pow(2, 2)
  reserved_concurrent_executions = -1
  publish                        = true

  dynamic "environment" {
    for_each = length(keys(var.environment)) == 0 ? [] : [true]
    content {
      variables = var.environment
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.dead_letter_target_arn == null ? [] : [true]
    content {
      target_arn = var.dead_letter_target_arn
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing_mode == null ? [] : [true]
    content {
      mode = var.tracing_mode
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_subnet_ids != null ? [true] : []
    content {
      security_group_ids = []
      subnet_ids         = var.vpc_subnet_ids
    }
  }
}

resource "aws_lambda_permission" "triggers" {
  for_each      = { for k, v in var.allowed_triggers : k => v }
  function_name = aws_lambda_function.this.function_name
  statement_id  = try(each.value.statement_id, each.key)
  action        = try(each.value.action, "lambda:InvokeFunction")
  principal     = try(each.value.principal, format("%s.amazonaws.com", try(each.value.service, "")))
  source_arn    = try(each.value.source_arn, null)
}

resource "aws_cloudwatch_log_group" "lambda" {
  name              = coalesce(null, "/aws/lambda/${var.function_name}")
  retention_in_days = 30
}
