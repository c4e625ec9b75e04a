variable "description" {
  default = null
}
variable "aliases" {
  type    = list(string)
  default = []
}
variable "computed_aliases" {
  type    = any
  default = {}
}
variable "key_administrators" {
  type    = list(string)
  default = []
}
variable "grants" {
  type    = any
  default = {}
}
variable "enable_key_rotation" {
  type    = bool
  default = true
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = length(var.key_administrators) > 0 ? [1] : []
    content {
      sid       = "KeyAdministration"
      actions   = ["kms:Create*", "kms:Describe*"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = var.key_administrators
      }
    }
  }
  statement {
    sid       = "Default"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:root"]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = var.enable_key_rotation
  deletion_window_in_days = 30
  is_enabled              = true
  policy                  = data.aws_iam_policy_document.this.json
}

locals {
  aliases = { for k, v in toset(var.aliases) : k => { name = v } }
}

resource "aws_kms_alias" "this" {
  for_each      = { for k, v in merge(local.aliases, var.computed_aliases) : k => v }
  name          = "alias/${each.value.name}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_kms_grant" "this" {
  for_each          = var.grants
  name              = try(each.value.name, each.key)
  key_id            = aws_kms_key.this.key_id
  grantee_principal = each.value.grantee
  operations        = each.value.operations
}
