# What a fix adds beside itself, when the module has none: resources that no rule which is more than advice has anything
# against. Each begins with a line `# TYPE: what it is`, and goes on to the next. The label `label` is replaced by that of the
# block which needs it; another one is kept.
#
# Keys of Google's and Azure's are not among them: one must stand in the region of what it encrypts, and a service agent or an
# identity must be let in first. A fix asks for these in a variable.

# aws_kms_key: a key that the account administers
data "aws_caller_identity" "label" {}

data "aws_partition" "label" {}

resource "aws_kms_key" "label" {
  description             = "label"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TheAccountAdministersIt"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.label.partition}:iam::${data.aws_caller_identity.label.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

# aws_s3_bucket: a bucket that S3 writes access logs of this account to
data "aws_caller_identity" "logs" {}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "logs-"
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "S3WritesAccessLogs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.logs.arn}/*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.logs.account_id } }
      },
      {
        Sid       = "NobodyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.logs.arn, "${aws_s3_bucket.logs.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
