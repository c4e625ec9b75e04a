variable "plans" {
  type = map(object({
    schedule = string
    keep     = optional(number, 35)
    copies   = optional(list(string), [])
  }))
  default = {
    daily  = { schedule = "cron(0 3 * * ? *)" }
    weekly = { schedule = "cron(0 4 ? * SUN *)", keep = 180, copies = ["arn:aws:backup:eu-west-1:123456789012:backup-vault:x"] }
  }
}

resource "aws_backup_vault" "main" {
  name = "main"
}

resource "aws_backup_plan" "main" {
  name = "main"
  dynamic "rule" {
    for_each = var.plans
    content {
      rule_name         = rule.key
      target_vault_name = aws_backup_vault.main.name
      schedule          = rule.value.schedule
      lifecycle {
        delete_after = rule.value.keep
      }
      dynamic "copy_action" {
        for_each = rule.value.copies
        content {
          destination_vault_arn = copy_action.value
        }
      }
    }
  }
}

resource "aws_backup_selection" "tagged" {
  name         = "tagged"
  plan_id      = aws_backup_plan.main.id
  iam_role_arn = "arn:aws:iam::123456789012:role/backup"
  selection_tag {
    type  = "STRINGEQUALS"
    key   = "Backup"
    value = tostring(true)
  }
}
