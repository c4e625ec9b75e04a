locals {
  teams = {
    red  = { roles = ["reader", "writer"], services = ["s3"] }
    blue = { roles = ["reader"], services = ["s3", "sqs"] }
  }
  grid = flatten([
    for team, spec in local.teams : [
      for role in spec.roles : {
        key      = "${team}-${role}"
        services = spec.services
        admin    = role == "writer"
      }
    ]
  ])
  by_key = { for cell in local.grid : cell.key => cell }
  groups = { for cell in local.grid : cell.admin ? "admins" : "others" => cell.key... }
}

resource "aws_iam_group" "this" {
  for_each = local.by_key
  name     = title(each.key)
  path     = "/${split("-", each.key)[0]}/"
}

resource "aws_iam_group_policy" "this" {
  for_each = local.by_key
  name     = each.key
  group    = aws_iam_group.this[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = [for s in each.value.services : each.value.admin ? "${s}:*" : "${s}:Get*"]
      Resource = "*"
    }]
  })
}

resource "aws_ssm_parameter" "groups" {
  for_each = local.groups
  name     = "/groups/${each.key}"
  type     = "String"
  value    = join(",", sort(each.value))
}
