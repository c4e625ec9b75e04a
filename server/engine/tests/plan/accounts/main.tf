variable "regions" {
  type    = set(string)
  default = ["eu-west-1", "eu-central-1"]
}

variable "excluded" {
  type    = set(string)
  default = ["eu-west-1"]
}

locals {
  pairs   = { for i, pair in chunklist(["a", "b", "c", "d", "e"], 2) : "p${i}" => pair }
  members = transpose({ dev = ["ada", "bob"], ops = ["ada"] })
  left    = setsubtract(var.regions, var.excluded)
}

resource "aws_guardduty_detector" "this" {
  count                        = length(local.left)
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

resource "aws_ssm_parameter" "pairs" {
  for_each = local.pairs
  name     = "/pairs/${each.key}"
  type     = "StringList"
  value    = join(",", reverse(each.value))
}

resource "aws_iam_user_group_membership" "this" {
  for_each = local.members
  user     = each.key
  groups   = sort(each.value)
}

resource "aws_ebs_encryption_by_default" "this" {
  for_each = local.left
  enabled  = startswith(each.key, "eu-") && !endswith(each.value, "-9")
}

resource "aws_ssm_parameter" "misc" {
  name        = "/misc"
  type        = "String"
  description = join("|", [cidrhost("10.1.2.0/24", 5), cidrnetmask("10.0.0.0/12"), basename("a/b.c"), dirname("a/b.c"), trimprefix("v1.2", "v"), strrev("abc"), format("%05.1f", 3.14159), parseint("ff", 16), timeadd("2024-01-01T00:00:00Z", "36h")])
  value       = jsonencode({ a = [1, 2.5, null, true], b = { "x<y" = "é" }, c = tolist(["z"]) })
}
