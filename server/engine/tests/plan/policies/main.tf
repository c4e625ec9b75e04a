variable "account" {
  default = "123456789012"
}

locals {
  buckets = ["logs", "assets"]
  arns    = [for b in local.buckets : "arn:aws:s3:::${b}"]
}

resource "aws_iam_policy" "encoded" {
  name = "encoded"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:ListBucket"]
        Resource = concat(local.arns, formatlist("%s/*", local.arns))
      },
      {
        Effect    = "Deny"
        Action    = "*"
        Resource  = "*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_iam_role" "app" {
  name                 = "app"
  max_session_duration = 3600 * 2
  assume_role_policy   = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::${var.account}:root" },
        "Action": "sts:AssumeRole"
      }]
    }
  EOT
}

resource "aws_sqs_queue" "jobs" {
  name                      = "jobs"
  message_retention_seconds = 60 * 60 * 24
  sqs_managed_sse_enabled   = true
}

resource "aws_kms_key" "main" {
  description             = "main"
  enable_key_rotation     = true
  deletion_window_in_days = max(7, 30)
  policy                  = templatefile("${path.module}/key.json.tftpl", { account = var.account, admins = ["root", "role/admin"] })
}
