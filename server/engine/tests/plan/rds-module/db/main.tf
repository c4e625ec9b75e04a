variable "identifier" {}
variable "engine" {}
variable "engine_version" {
  default = "8.0"
}
variable "parameters" {
  type    = list(map(string))
  default = []
}
variable "options" {
  type    = any
  default = []
}
variable "storage_type" {
  type    = string
  default = null
}
variable "iops" {
  type    = number
  default = null
}
variable "kms_key_id" {
  type    = string
  default = null
}
variable "replicate_source_db" {
  type    = string
  default = null
}
variable "cloudwatch_logs" {
  type    = list(string)
  default = ["audit", "error"]
}

locals {
  is_replica = var.replicate_source_db != null
  family     = "${var.engine}${replace(var.engine_version, "/\\..*/", "")}.0"
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.identifier}-"
  description = format("%s parameter group", var.identifier)
  family      = local.family
  dynamic "parameter" {
    for_each = var.parameters
    content {
      name         = parameter.value.name
      value        = parameter.value.value
      apply_method = lookup(parameter.value, "apply_method", null)
    }
  }
}

resource "aws_db_option_group" "this" {
  count                    = length(var.options) > 0 ? 1 : 0
  name                     = var.identifier
  option_group_description = "Options"
  engine_name              = var.engine
  major_engine_version     = regex("^[0-9]+\\.[0-9]+", var.engine_version)
  dynamic "option" {
    for_each = var.options
    content {
      option_name = option.value.option_name
      port        = lookup(option.value, "port", null)
      dynamic "option_settings" {
        for_each = lookup(option.value, "option_settings", [])
        content {
          name  = lookup(option_settings.value, "name", null)
          value = lookup(option_settings.value, "value", null)
        }
      }
    }
  }
}

resource "aws_db_instance" "this" {
  identifier                      = var.identifier
  engine                          = local.is_replica ? null : var.engine
  engine_version                  = var.engine_version
  instance_class                  = "db.m6g.large"
  allocated_storage               = local.is_replica ? null : 100
  storage_type                    = var.storage_type
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_id
  iops                            = var.iops
  username                        = !local.is_replica ? "admin" : null
  manage_master_user_password     = !local.is_replica ? true : null
  option_group_name               = one(aws_db_option_group.this[*].name)
  publicly_accessible             = false
  enabled_cloudwatch_logs_exports = [for l in var.cloudwatch_logs : lower(l) if l != ""]
  backup_retention_period         = coalesce(null, 7)
  skip_final_snapshot             = true
  maintenance_window              = "mon:00:00-mon:03:00"
  timeouts {
    create = "40m"
  }
}
