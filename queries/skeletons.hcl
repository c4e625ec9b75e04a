# What a fix adds beside itself, when the module has none: resources that no rule has anything against, each below the
# data sources that it reads. The label is replaced by that of the block which needs it.

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
