variable "name" {
  type = string
}
variable "admin" {
  type = bool
}
variable "groups" {
  type = list(string)
}

resource "aws_iam_user" "this" {
  name          = var.name
  force_destroy = var.admin
  path          = var.admin ? "/admins/" : "/"
}

resource "aws_iam_user_group_membership" "this" {
  user   = aws_iam_user.this.name
  groups = var.groups
}

resource "aws_iam_access_key" "this" {
  count = var.admin ? 0 : 1
  user  = aws_iam_user.this.name
}

output "name" {
  value = aws_iam_user.this.name
}

output "groups" {
  value = var.groups
}
