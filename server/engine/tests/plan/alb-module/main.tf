module "alb" {
  source = "./alb"
  name   = "front"
  listeners = {
    http = {
      port     = 80
      protocol = "HTTP"
      redirect = { port = "443", protocol = "HTTPS", status_code = "HTTP_301" }
    }
    https = {
      port            = 443
      protocol        = "HTTPS"
      ssl_policy      = "ELBSecurityPolicy-TLS13-1-2-2021-06"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      forward         = { target = "app" }
    }
  }
  targets = {
    app = { port = 8080, health = { path = "/healthz", matcher = "200-299" } }
  }
  access_logs = { bucket = "acme-alb-logs" }
}
