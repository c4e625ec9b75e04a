variable "name" {}
variable "internal" {
  type    = bool
  default = null
}
variable "listeners" {
  type    = any
  default = {}
}
variable "targets" {
  type    = any
  default = {}
}
variable "access_logs" {
  type    = map(string)
  default = {}
}

resource "aws_lb" "this" {
  name                       = var.name
  internal                   = var.internal
  load_balancer_type         = "application"
  subnets                    = ["subnet-1", "subnet-2"]
  drop_invalid_header_fields = true
  enable_deletion_protection = true

  dynamic "access_logs" {
    for_each = length(var.access_logs) > 0 ? [var.access_logs] : []
    content {
      bucket  = access_logs.value.bucket
      enabled = try(access_logs.value.enabled, true)
      prefix  = try(access_logs.value.prefix, null)
    }
  }
}

resource "aws_lb_target_group" "this" {
  for_each    = var.targets
  name        = try(each.value.name, "${var.name}-${each.key}")
  port        = each.value.port
  protocol    = try(each.value.protocol, "HTTP")
  target_type = "ip"
  vpc_id      = "vpc-12345678"

  dynamic "health_check" {
    for_each = try([each.value.health], [])
    content {
      path     = try(health_check.value.path, null)
      matcher  = try(health_check.value.matcher, null)
      interval = try(health_check.value.interval, 30)
    }
  }
}

resource "aws_lb_listener" "this" {
  for_each          = var.listeners
  load_balancer_arn = aws_lb.this.arn
  port              = try(each.value.port, 443)
  protocol          = try(each.value.protocol, "HTTPS")
  ssl_policy        = contains(["HTTPS", "TLS"], try(each.value.protocol, "HTTPS")) ? try(each.value.ssl_policy, "ELBSecurityPolicy-TLS13-1-2-2021-06") : try(each.value.ssl_policy, null)
  certificate_arn   = try(each.value.certificate_arn, null)

  dynamic "default_action" {
    for_each = try([each.value.redirect], [])
    content {
      type = "redirect"
      redirect {
        port        = try(default_action.value.port, null)
        protocol    = try(default_action.value.protocol, null)
        status_code = default_action.value.status_code
      }
    }
  }

  dynamic "default_action" {
    for_each = try([each.value.forward], [])
    content {
      type             = "forward"
      target_group_arn = aws_lb_target_group.this[default_action.value.target].arn
    }
  }
}
