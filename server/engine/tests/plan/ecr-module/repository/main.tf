variable "create" {
  type    = bool
  default = true
}

variable "repository_name" {
  type    = string
  default = ""
}

variable "repository_image_tag_mutability" {
  type    = string
  default = "IMMUTABLE"
}

variable "repository_encryption_type" {
  type    = string
  default = null
}

variable "repository_kms_key" {
  type    = string
  default = null
}

variable "repository_image_scan_on_push" {
  type    = bool
  default = true
}

variable "repository_read_access_arns" {
  type    = list(string)
  default = []
}

variable "repository_lifecycle_policy" {
  type    = string
  default = ""
}

variable "create_repository_policy" {
  type    = bool
  default = true
}

locals {
  create_private = var.create && var.repository_name != ""
}

data "aws_iam_policy_document" "repository" {
  count = local.create_private && var.create_repository_policy ? 1 : 0

  dynamic "statement" {
    for_each = length(var.repository_read_access_arns) > 0 ? [var.repository_read_access_arns] : []

    content {
      sid = "PrivateReadOnly"

      principals {
        type        = "AWS"
        identifiers = statement.value
      }

      actions = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ]
    }
  }
}

resource "aws_ecr_repository" "this" {
  count = local.create_private ? 1 : 0

  name                 = var.repository_name
  image_tag_mutability = var.repository_image_tag_mutability
  force_delete         = false

  encryption_configuration {
    encryption_type = coalesce(var.repository_encryption_type, var.repository_kms_key == null ? "AES256" : "KMS")
    kms_key         = var.repository_kms_key
  }

  image_scanning_configuration {
    scan_on_push = var.repository_image_scan_on_push
  }
}

resource "aws_ecr_repository_policy" "this" {
  count = local.create_private && var.create_repository_policy ? 1 : 0

  repository = aws_ecr_repository.this[0].name
  policy     = data.aws_iam_policy_document.repository[0].json
}

resource "aws_ecr_lifecycle_policy" "this" {
  count = local.create_private && length(var.repository_lifecycle_policy) > 0 ? 1 : 0

  repository = aws_ecr_repository.this[0].name
  policy     = var.repository_lifecycle_policy
}
