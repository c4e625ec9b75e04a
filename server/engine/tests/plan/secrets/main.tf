variable "password" {
  type      = string
  sensitive = true
  default   = "not-a-real-one"
}

locals {
  connection = "postgres://app:${var.password}@db:5432/app"
  settings   = sensitive({ user = "app", password = var.password })
}

resource "aws_secretsmanager_secret" "db" {
  name                    = "db"
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ user = local.settings.user, url = local.connection })
}

resource "aws_ssm_parameter" "user" {
  name  = "/db/user"
  type  = "String"
  value = nonsensitive(local.settings.user)
}

resource "aws_ssm_parameter" "url" {
  name  = "/db/url"
  type  = "SecureString"
  value = local.connection
  tier  = length(nonsensitive(var.password)) > 100 ? "Advanced" : "Standard"
}
