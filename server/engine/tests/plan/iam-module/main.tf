locals {
  users = csvdecode(file("${path.module}/users.csv"))
}

module "users" {
  source   = "./user"
  for_each = { for u in local.users : u.name => u }
  name     = each.value.name
  admin    = each.value.admin
  groups   = split(";", each.value.groups)
}

output "names" {
  value = [for u in module.users : u.name]
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_numbers                = "true"
  max_password_age               = tonumber("90")
  allow_users_to_change_password = true
}

resource "aws_iam_group" "all" {
  for_each = toset(flatten(values(module.users)[*].groups))
  name     = each.key
}
