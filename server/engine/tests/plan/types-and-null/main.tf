variable "settings" {
  type = object({
    name     = string
    port     = optional(number, 5432)
    tags     = optional(map(string), {})
    backup   = optional(object({ days = optional(number, 7), window = optional(string) }), {})
    networks = optional(set(string), [])
  })
  default = { name = "orders" }
}

variable "never_null" {
  type     = number
  default  = 3
  nullable = false
}

resource "aws_db_instance" "this" {
  identifier                = var.settings.name
  engine                    = "postgres"
  instance_class            = "db.t4g.small"
  allocated_storage         = var.never_null * 10
  port                      = var.settings.port
  backup_retention_period   = var.settings.backup.days
  backup_window             = var.settings.backup.window
  username                  = "u"
  password                  = "not-a-real-one"
  final_snapshot_identifier = null
  skip_final_snapshot       = true
  tags                      = length(var.settings.tags) > 0 ? var.settings.tags : { Name = var.settings.name }
  copy_tags_to_snapshot     = length(var.settings.networks) == 0
}

module "again" {
  source     = "./again"
  never_null = null
  enabled    = "true"
  names      = ["b", "a", "b"]
}
