locals {
  routes = {
    "GET /orders"  = { throttle = { burst = 10, rate = 5.5 } }
    "POST /orders" = {}
  }
}

resource "aws_apigatewayv2_api" "main" {
  name                         = "main"
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = true
  cors_configuration {
    allow_origins = ["https://example.com"]
    allow_methods = distinct([for route in keys(local.routes) : split(" ", route)[0]])
    max_age       = 300
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each           = local.routes
  api_id             = aws_apigatewayv2_api.main.id
  route_key          = each.key
  authorization_type = "AWS_IAM"
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.main.id
  name        = "$default"
  auto_deploy = true
  access_log_settings {
    destination_arn = "arn:aws:logs:eu-central-1:123456789012:log-group:api"
    format          = jsonencode({ id = "$context.requestId", ip = "$context.identity.sourceIp" })
  }
  dynamic "route_settings" {
    for_each = { for route, r in local.routes : route => r.throttle if can(r.throttle) }
    content {
      route_key              = route_settings.key
      throttling_burst_limit = route_settings.value.burst
      throttling_rate_limit  = route_settings.value["rate"]
    }
  }
}
